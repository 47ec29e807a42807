"""The engine: the one thread that owns torch."""
