"""Fine-tuning: projections of a CLIP on pairs, LoRAs of a Stable Diffusion on natural images."""
