"""Ascent without a prior, in the spectrum of the image (Olah et al., 2017)."""
