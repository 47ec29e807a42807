"""Commands that make images of units, and what they share."""
