"""The machine: which device, how many threads, how memory is kept."""
