"""The networks that can be opened, the one that is open, and how its units are found."""
