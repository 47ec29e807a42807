"""Photographs: the one decoder, sets of them, and what of a picture is seen.

Read `files` first (which bytes are taken at all), then `reading` (from bytes to upright RGB, with
`tones` for what is not 8-bit RGB), `crops`, `masks`, and `sets`.
"""
