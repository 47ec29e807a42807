"""Synthesis: recipes, objectives, and one module for each method."""
