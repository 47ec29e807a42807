"""Photographs: the one decoder, sets of them, and what of a picture is seen.

Read `reading` first, then `sets`.
"""
