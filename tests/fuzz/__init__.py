"""Damaged files of every kind the program reads, for as long as one likes."""
