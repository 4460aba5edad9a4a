"""Steps on numbers that are left to scikit-learn, and those that only choose columns.

A step that is called is given an array instead of a DataFrame: its own code, without pandas.
"""

import copy
from collections.abc import Callable, Iterator
from typing import Any

from sklearn.decomposition import PCA, IncrementalPCA, TruncatedSVD
from sklearn.feature_selection import RFE, RFECV, SelectFromModel
from sklearn.impute import KNNImputer, MissingIndicator, SimpleImputer
from sklearn.preprocessing import (
    Binarizer,
    KBinsDiscretizer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    SplineTransformer,
    StandardScaler,
    TargetEncoder,
)

from platformctl_predictors.fused.imputers import simple
from platformctl_predictors.fused.known_values import SELECTORS
from platformctl_predictors.fused.layouts import laid_out
from platformctl_predictors.fused.pieces import Op
from platformctl_predictors.fused.scalers import Dtype, finite, max_abs, min_max, robust, standard
from platformctl_predictors.inputs.columns import Array

Make = Callable[[Any, Dtype], Iterator[Op]]
"""A fitted step and the type that it gives, to the ways in which it can be done."""


def nameless(step: Any) -> Any:
    """The same fitted step, which takes an array and gives one without a warning."""
    twin = copy.copy(step)
    for name in ("feature_names_in_", "_sklearn_output_config"):
        twin.__dict__.pop(name, None)
    return twin


def called(step: Any, order: str | None) -> Op:
    """The step itself.

    Args:
        step: A fitted step.
        order: Layout of the array that the pipeline would give it: C or F; None for a sparse matrix.
    """
    transform = nameless(step).transform

    def call(block: Array) -> Any:  # an array, or a sparse matrix
        return transform(block if order is None else laid_out(block, order))

    return call


def _selected(step: Any, _: Dtype) -> Iterator[Op]:
    places = step.get_support(indices=True)
    yield lambda block: finite(block)[:, places]


def _never(_: Any, __: Dtype) -> Iterator[Op]:
    return iter(())


OPS: dict[type, Make] = {
    StandardScaler: standard,
    MinMaxScaler: min_max,
    MaxAbsScaler: max_abs,
    RobustScaler: robust,
    SimpleImputer: simple,
    **dict.fromkeys(SELECTORS, _selected),
    **dict.fromkeys(
        (
            Binarizer,
            KBinsDiscretizer,
            KNNImputer,
            MissingIndicator,
            Normalizer,
            OneHotEncoder,
            OrdinalEncoder,
            PolynomialFeatures,
            PowerTransformer,
            QuantileTransformer,
            SplineTransformer,
            TargetEncoder,
            PCA,
            IncrementalPCA,
            TruncatedSVD,
            RFE,
            RFECV,
            SelectFromModel,
        ),
        _never,
    ),
}
"""Steps that are understood. Those without a way of their own are called."""
