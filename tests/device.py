"""Which device the tests of ascent and training run on: a CPU, or what ``--device`` says."""

DEVICE = "cpu"
