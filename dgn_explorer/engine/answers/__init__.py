"""Questions to the engine that make no record: one module each, all generators of `Progress`."""
