"""Rebuilding a photograph from what one layer keeps of it, as pixels or through a prior."""
