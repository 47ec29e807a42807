"""The features of the window, one folder each; every ``feature.py`` makes one `Feature` record."""
