"""What a model gave back, as values and as JSON and tensors. Pure."""
