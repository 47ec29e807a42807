"""An image that exaggerates what one layer sees in a photograph."""
