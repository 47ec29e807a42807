"""Facets: the kinds of photographs that a unit answers to, and an image of each.

Read `about`, `gathering` (which photographs), `clustering` and `grouping` (which kinds), `ascent`
or `published` (an image of each), and `making`, which puts them together.
"""
