"""Everything at work, at one place."""
