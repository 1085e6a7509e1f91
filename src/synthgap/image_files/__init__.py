"""Images that exist as bytes or files: where they lie, decoding them, what is wrong with them."""
