"""The layer tree, and reading activations from it: what the rest of the program imports."""

from dgn_explorer.networks.reading import ActivationReader, ReadPoint
from dgn_explorer.networks.tracing import trace, trace_with_result

__all__ = ["ActivationReader", "ReadPoint", "trace", "trace_with_result"]
