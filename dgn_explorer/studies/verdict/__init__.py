"""Which classes a network sees in a picture."""
