"""A request's rows: from JSON and tensors to checked values, against the model's signature. Pure."""
