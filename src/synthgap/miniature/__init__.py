"""The embedded default: a small CLIP and a small Stable Diffusion, trained on handwritten digits.

Both are saved as ordinary Hugging Face folders, so that a study reads them as it reads the large
models. All they ever see is the `web` part of the digits, with captions in a language of their own
(`captions`).
"""
