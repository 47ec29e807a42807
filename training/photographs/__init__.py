"""The photographs to train on: decoded once, drawn in batches, on the disk or on the device."""
