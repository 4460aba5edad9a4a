"""Converters of ours for skl2onnx, where its own lack precision or a case.

- SimpleImputer: its own takes no doubles, leaves out the indicator, and knows no missing text but NaN.
- Trees and forests: its own send missing values to the right; scikit-learn has learnt where they go.
"""

from functools import cache
from typing import Any

import numpy as np
from onnx import TensorProto
from skl2onnx.common._registration import get_converter, register_converter, register_shape_calculator
from skl2onnx.common.data_types import DoubleTensorType, StringTensorType

_IMPUTER = "SklearnSimpleImputer"
_FORESTS = tuple(
    f"Sklearn{family}{task}"
    for family in ("DecisionTree", "ExtraTree", "RandomForest", "ExtraTrees")
    for task in ("Classifier", "Regressor")
)


@cache
def register() -> None:
    """Put them into skl2onnx's registry, in place of its own. Idempotent."""
    register_converter(_IMPUTER, _convert_imputer, overwrite=True)
    register_shape_calculator(_IMPUTER, _imputer_shape, overwrite=True)
    for name in _FORESTS:
        its_own = get_converter(name)
        register_converter(name, _forest(its_own), overwrite=True, options=its_own.get_allowed_options())


def _forest(its_own: Any) -> Any:  # converters
    def convert(scope: Any, operator: Any, container: Any) -> None:
        its_own(scope, operator, _Missing(container, operator.raw_operator))

    return convert


class _Missing:
    """A container of skl2onnx's that tells each tree's nodes where missing values go."""

    def __init__(self, container: Any, forest: Any) -> None:  # as above
        self._container = container
        self._trees = [tree.tree_ for tree in np.ravel(getattr(forest, "estimators_", [forest]))]
        self._nodes = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._container, name)

    def add_node(self, op_type: str, *arguments: Any, **attributes: Any) -> None:
        """Add a node; those of trees get what scikit-learn has learnt."""
        if op_type.startswith("TreeEnsemble") and all(hasattr(t, "missing_go_to_left") for t in self._trees):
            trees = self._trees
            if not any(attributes["nodes_treeids"]):  # of several outputs: a node a tree
                trees = self._trees[self._nodes :]
                self._nodes += 1
            attributes["nodes_missing_value_tracks_true"] = [
                int(trees[tree].missing_go_to_left[node]) if mode != "LEAF" else 0
                for tree, node, mode in zip(
                    attributes["nodes_treeids"],
                    attributes["nodes_nodeids"],
                    attributes["nodes_modes"],
                    strict=True,
                )
            ]
        self._container.add_node(op_type, *arguments, **attributes)


def _convert_imputer(scope: Any, operator: Any, container: Any) -> None:  # skl2onnx ships no types
    """Where(missing, replacement, value), then the columns that are kept, then the indicator."""
    imputer = operator.raw_operator
    graph = _Nodes(scope, container)
    kind = _kind(operator.inputs[0].type)
    names = [variable.full_name for variable in operator.inputs]
    values = names[0] if len(names) == 1 else graph.add("Concat", names, axis=1)
    missing = _missing(graph, values, imputer.missing_values, kind)
    statistics = np.asarray(imputer.statistics_)
    kept = _kept(imputer, statistics)
    filled = graph.add("Where", [missing, graph.constant(kind, _row(statistics, kept, kind)), values])
    if not kept.all():
        filled = graph.add("Gather", [filled, graph.indices(np.flatnonzero(kept))], axis=1)
    if getattr(imputer, "indicator_", None) is not None:
        features = graph.indices(np.asarray(imputer.indicator_.features_))
        mask = graph.add("Cast", [graph.add("Gather", [missing, features], axis=1)], to=kind)
        filled = graph.add("Concat", [filled, mask], axis=1)
    graph.add("Identity", [filled], outputs=[operator.outputs[0].full_name])


def _imputer_shape(operator: Any) -> None:  # as above
    """The same type, and a column more for each that the indicator tells of."""
    imputer = operator.raw_operator
    kept = int(_kept(imputer, np.asarray(imputer.statistics_)).sum())
    indicator = getattr(imputer, "indicator_", None)
    width = kept + (0 if indicator is None else len(indicator.features_))
    first = operator.inputs[0]
    operator.outputs[0].type = type(first.type)([first.get_first_dimension(), width])


class _Nodes:
    """Adds nodes with names of their own."""

    def __init__(self, scope: Any, container: Any) -> None:  # as above
        self._scope = scope
        self._container = container

    def add(self, kind: str, inputs: list[str], outputs: list[str] | None = None, **attributes: Any) -> str:
        """Add a node of one output, and return the output's name."""
        named = outputs or [self._scope.get_unique_variable_name(f"imputer_{kind.lower()}")]
        name = self._scope.get_unique_operator_name(f"Imputer{kind}")
        self._container.add_node(kind, inputs, named, name=name, **attributes)
        return named[0]

    def constant(self, kind: int, row: list[Any]) -> str:
        """Add a constant of shape [1, len(row)]."""
        name = str(self._scope.get_unique_variable_name("imputer_constant"))
        self._container.add_initializer(name, kind, [1, len(row)], row)
        return name

    def indices(self, places: Any) -> str:  # an array of integers
        """Add a constant of shape [len(places)]."""
        name = str(self._scope.get_unique_variable_name("imputer_indices"))
        self._container.add_initializer(name, TensorProto.INT64, [len(places)], [int(p) for p in places])
        return name


def _kind(variable_type: Any) -> int:  # as above
    if isinstance(variable_type, StringTensorType):
        return int(TensorProto.STRING)
    return int(TensorProto.DOUBLE if isinstance(variable_type, DoubleTensorType) else TensorProto.FLOAT)


def _missing(graph: _Nodes, values: str, missing_values: Any, kind: int) -> str:  # any value
    if kind != TensorProto.STRING and (missing_values is None or missing_values != missing_values):  # noqa: PLR0124 - NaN
        return graph.add("IsNaN", [values])
    marker = missing_values.encode() if kind == TensorProto.STRING else float(missing_values)
    return graph.add("Equal", [values, graph.constant(kind, [marker])])


def _kept(imputer: Any, statistics: Any) -> Any:  # arrays of any kind
    """Columns that were empty when it was fitted are left out, unless it was told to keep them."""
    if getattr(imputer, "keep_empty_features", False) or imputer.strategy == "constant":
        return np.ones(len(statistics), dtype=bool)
    return np.array([value is not None and value == value for value in statistics.tolist()], dtype=bool)  # noqa: PLR0124 - NaN


def _row(statistics: Any, kept: Any, kind: int) -> list[Any]:  # as above
    if kind == TensorProto.STRING:
        return [
            str(value).encode() if keep else b""
            for value, keep in zip(statistics.tolist(), kept, strict=True)
        ]
    return [float(value) if keep else 0.0 for value, keep in zip(statistics.tolist(), kept, strict=True)]
