"""The picture that forms, and what is done with it."""
