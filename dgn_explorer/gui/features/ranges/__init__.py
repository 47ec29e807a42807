"""Sets of images whose activations lie in a range."""
