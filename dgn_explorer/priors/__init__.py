"""Priors: image generators, their code spaces, and the files that hold them."""
