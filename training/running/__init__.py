"""A run in its folder: the loop, and everything that it writes. Read `run` first."""
