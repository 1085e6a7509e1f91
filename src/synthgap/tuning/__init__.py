"""Fine-tuning of the projections of a pretrained CLIP on pairs of image and caption."""
