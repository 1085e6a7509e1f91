"""Sets of images that exist already, natural or made elsewhere: each lists a class."""
