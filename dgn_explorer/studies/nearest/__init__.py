"""Whether an image is remembered: its nearest photographs, and how to read their distance."""
