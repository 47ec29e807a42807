"""Stored results: strip, gallery, comparison, variations."""
