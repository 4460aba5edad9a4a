"""Linear models as the last step: scikit-learn's operations in its order, without its checks of each call.

Checking a matrix that was just made costs more than the model itself. What a check would refuse is given to
the estimator, which then refuses it in its own words.
"""

from collections.abc import Callable
from math import isfinite
from typing import Any

import numpy as np
from scipy.special import expit
from sklearn.linear_model import (
    ElasticNet,
    ElasticNetCV,
    Lasso,
    LassoCV,
    LinearRegression,
    LogisticRegression,
    LogisticRegressionCV,
    Ridge,
    RidgeClassifier,
    RidgeClassifierCV,
    RidgeCV,
    SGDClassifier,
    SGDRegressor,
)
from sklearn.svm import LinearSVC, LinearSVR

from platformctl_predictors.fused.pieces import is_sparse
from platformctl_predictors.inputs.columns import Array

REGRESSORS = (
    LinearRegression,
    Ridge,
    RidgeCV,
    Lasso,
    LassoCV,
    ElasticNet,
    ElasticNetCV,
    LinearSVR,
    SGDRegressor,
)
PROBABILISTIC = (LogisticRegression, LogisticRegressionCV)
CLASSIFIERS = (*PROBABILISTIC, RidgeClassifier, RidgeClassifierCV, LinearSVC, SGDClassifier)

Method = Callable[[Any], Any]


class Direct:
    """An estimator, some of whose methods go directly to the numbers.

    Args:
        estimator: The fitted estimator: for all that is not direct.
        methods: The direct ones.
    """

    def __init__(self, estimator: Any, methods: dict[str, Method]) -> None:
        self._estimator = estimator
        self.__dict__.update(methods)

    def __getattr__(self, name: str) -> Any:
        """All other attributes are the estimator's."""
        return getattr(self.__dict__["_estimator"], name)


def direct(estimator: Any) -> dict[str, Method]:
    """The methods of an estimator that can be done directly, not proven yet."""
    kind = type(estimator)
    if kind in REGRESSORS:
        return {"predict": _guarded(estimator.predict, _scores(estimator))}
    if kind not in CLASSIFIERS:
        return {}
    scores = _decision(estimator)
    methods = {"predict": _guarded(estimator.predict, _labels(scores, estimator.classes_))}
    if kind in PROBABILISTIC:
        several = len(estimator.classes_) > 2  # noqa: PLR2004 two classes have one column of scores
        chances = _softmax(scores) if several else _logistic(scores)
        methods["predict_proba"] = _guarded(estimator.predict_proba, chances)
    return methods


def _guarded(own: Method, fast: Method) -> Method:
    """Matrices with NaN or infinity, and those of another width or type, are for the estimator itself."""

    def method(matrix: Any) -> Any:
        numbers = matrix.data if is_sparse(matrix) else matrix.ravel(order="K")
        if numbers.dtype.kind == "f":
            fits = isfinite(np.vdot(numbers, numbers)) or np.isfinite(numbers).all()
        else:
            fits = numbers.dtype.kind in "iub"
        return fast(matrix) if fits else own(matrix)

    return method


def _scores(estimator: Any) -> Method:
    transposed, intercept = estimator.coef_.T, estimator.intercept_
    return lambda matrix: matrix @ transposed + intercept


def _decision(estimator: Any) -> Method:
    """One score a row for two classes, else one a class."""
    scores = _scores(estimator)
    if estimator.coef_.shape[0] > 1:
        return scores
    return lambda matrix: scores(matrix).ravel()


def _labels(scores: Method, classes: Array) -> Method:
    def labels(matrix: Any) -> Array:
        found = scores(matrix)
        places = (found > 0).astype(np.intp) if found.ndim == 1 else found.argmax(axis=1)
        chosen: Array = classes.take(places)
        return chosen

    return labels


def _logistic(scores: Method) -> Method:
    def chances(matrix: Any) -> Array:
        found = scores(matrix)
        if found.ndim != 1:
            raise ValueError("two classes have one column of scores")
        expit(found, out=found)
        both: Array = np.empty((len(found), 2), found.dtype)
        np.subtract(1, found, out=both[:, 0])
        both[:, 1] = found
        return both

    return chances


def _softmax(scores: Method) -> Method:
    def chances(matrix: Any) -> Array:
        found = scores(matrix)
        found -= found.max(axis=1).reshape(-1, 1)
        np.exp(found, out=found)
        found /= found.sum(axis=1).reshape(-1, 1)
        return found  # type: ignore[no-any-return]  # scikit-learn is untyped

    return chances
