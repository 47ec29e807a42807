"""Training a prior from the window."""
