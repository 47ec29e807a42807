"""Records of many images of one unit: chains and sets, plans of chains, holes to fill."""
