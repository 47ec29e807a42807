"""PPGN: chains of samples from one code (Nguyen et al., 2017)."""
