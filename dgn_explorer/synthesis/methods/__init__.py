"""The methods: one folder each, which holds all that is particular to it."""
