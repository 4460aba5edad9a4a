"""A credit score by points: a predictor of one's own."""
