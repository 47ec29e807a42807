"""Several units in one image, and films between images."""
