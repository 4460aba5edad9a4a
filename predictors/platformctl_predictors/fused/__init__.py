"""Fitted scikit-learn pipelines as a few numpy operations, equal to the last bit, or not at all. Pure.

Modules:
    fusing: the front door; an estimator in, `Fused` or `NotFused` out.
    walking: the steps of a pipeline, one by one, to pieces.
    known_values: which values of a column the encoders know.
    encoders: columns whose values are looked up; the tables are the pipeline's own answers.
    scalers, imputers, others: steps on numbers.
    pieces: what runs for each request; layouts: how its matrix lies in memory.
    linear: the last step, where that is a linear model.
    edge_rows, comparing, proof: what is compared with the pipeline before anything is served.
"""

from platformctl_predictors.fused.fusing import fuse
from platformctl_predictors.fused.outcome import Fused, NotFused

__all__ = ["Fused", "NotFused", "fuse"]
