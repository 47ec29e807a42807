"""A static site of results: one page that finds everything else beside it, also from ``file://``.

Read `pages` (what is shown), `scripts` and `sprites` (the files that the page reads), `folder` (the
site is there as a whole or not at all), `writing`. The page itself lies in ``resources/site.*``.
"""
