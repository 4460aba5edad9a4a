"""What lies in a model's folder, and how it is loaded: one module a format."""
