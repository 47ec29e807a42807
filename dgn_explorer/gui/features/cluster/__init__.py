"""Sending a layer to a cluster."""
