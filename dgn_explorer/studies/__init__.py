"""Studies: analyses that synthesise nothing. `survey` orders one, `table` lists them all.

Read `survey`, `study` and `table`; each folder is one study: ``about`` describes it without torch,
the module beside it computes.
"""
