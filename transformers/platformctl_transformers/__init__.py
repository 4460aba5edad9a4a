"""kserve.Model transformers."""
