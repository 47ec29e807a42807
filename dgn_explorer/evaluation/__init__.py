"""Measuring priors and methods, always in the same way."""
