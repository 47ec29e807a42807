"""Target networks: open one by name, list its layers and units, read activations."""
