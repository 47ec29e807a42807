"""The photographs of a set that excite every unit most, and how its activations spread."""
