"""Sets of images whose activations lie in ranges: `about`, `moves`, `room`, `phases`, `making`."""
