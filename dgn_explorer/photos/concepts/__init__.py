"""Concept sets: photographs whose pixels somebody has named, as Network Dissection needs them.

Read `concept_set` first (what a set is, and `open_concepts`), then `set_files` (a folder or a zip),
`tables`, the two layouts `simple` and `broden`, `masks` (from a file of indices to places on a
grid), and `colours`, which need no mask.
"""
