"""Browsing layers and units, searching, noting."""
