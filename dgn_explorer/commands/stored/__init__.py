"""Commands for what is stored."""
