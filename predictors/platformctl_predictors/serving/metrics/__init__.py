"""What is counted, and how /metrics shows it."""
