"""The queue in front of the model, and how requests share its calls."""
