"""dgn-explorer: see the image that a unit of a vision network wants to see."""

__version__ = "0.1.0"
