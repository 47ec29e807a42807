"""How answers are shown, by what a record holds: pictures, maps over a photo, tables."""
