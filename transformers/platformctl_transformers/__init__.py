"""kserve.Model transformers: what runs before and after a predictor, in its process.

A user's class by import path is the only kind so far; transformers of our own belong beside
`collocated`, one module each.
"""

from platformctl_transformers.collocated import Collocated
from platformctl_transformers.user_class import ClassUnusable, ModelUnusable, create, load

__all__ = ["ClassUnusable", "Collocated", "ModelUnusable", "create", "load"]
