"""The layer tree, and reading activations from it: what the rest of the program imports."""

from dgn_explorer.networks.reading import ActivationReader, ReadPoint
from dgn_explorer.networks.tracing import Traced, trace, trace_all, traced_pass

__all__ = ["ActivationReader", "ReadPoint", "Traced", "trace", "trace_all", "traced_pass"]
