"""All maps of a layer for a photograph."""
