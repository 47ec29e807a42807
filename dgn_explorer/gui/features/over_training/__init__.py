"""A unit at every checkpoint of a series, as far as it has been made."""
