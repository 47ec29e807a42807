"""Measurements of speed: ``python -m tests.benchmarks``. None of them is a test."""
