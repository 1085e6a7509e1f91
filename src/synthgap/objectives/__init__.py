"""What a CLIP is trained towards: the terms of its loss, the temperature, and the descent."""
