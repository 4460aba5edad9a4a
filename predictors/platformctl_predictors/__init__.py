"""kserve.Model servers."""
