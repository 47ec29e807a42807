"""Answers about photo sets: real photos of a unit, kinds of photos, memory or invention."""
