"""One photo under the lens: where units look, what layers keep, all their maps, and films."""
