"""Several units with weights in one image."""
