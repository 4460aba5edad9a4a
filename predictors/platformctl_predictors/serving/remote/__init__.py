"""A predictor in another process: what is said between the two."""
