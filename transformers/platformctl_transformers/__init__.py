"""kserve.Model transformers: what runs before and after a predictor.

`FeatureTransformer` works by columns, as settings say; `create` makes a user's own class. `Collocated`
joins either with a predictor in one process. Nothing here imports the predictors.
"""

from platformctl_transformers.collocated import AFTER, Collocated
from platformctl_transformers.features import FeatureTransformer
from platformctl_transformers.misfit import Misfit
from platformctl_transformers.plan import Expected, FeaturesUnusable, Rules, plan
from platformctl_transformers.steps import OF_A_REQUEST, run, steps
from platformctl_transformers.user_class import ClassUnusable, ModelUnusable, create, load

__all__ = [
    "AFTER",
    "OF_A_REQUEST",
    "ClassUnusable",
    "Collocated",
    "Expected",
    "FeatureTransformer",
    "FeaturesUnusable",
    "Misfit",
    "ModelUnusable",
    "Rules",
    "create",
    "load",
    "plan",
    "run",
    "steps",
]
