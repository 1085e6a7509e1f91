"""Near-duplicates: images that copy natural-train without equalling its images byte for byte."""
