"""Ascents and morphs as films."""
