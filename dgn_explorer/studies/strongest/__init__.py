"""Which units of every layer a photograph excites most."""
