"""DGN-AM: ascent in the code space of a prior (Nguyen et al., 2016)."""
