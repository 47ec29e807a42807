"""Whole layers on many machines, with Dask (extra ``cluster``).

Recipes travel to workers, encoded records travel back, and one process, the one that asks, writes
the store. Read `task` (what travels), `worker` (what a worker does with it), `atlas` (which recipes
are handed out, and what becomes of each), `connection` (Dask), `opening` (an atlas of units).
"""
