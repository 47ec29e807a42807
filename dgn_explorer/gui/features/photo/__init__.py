"""Photographs dropped on the window."""
