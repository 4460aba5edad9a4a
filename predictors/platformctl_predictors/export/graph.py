"""Changes to ONNX graphs: two input tensors in place of one a column; two graphs made into one."""

from collections.abc import Iterable, Sequence

import onnx
from onnx import TensorProto, helper

from platformctl_predictors.formats.onnx_feeds import NUMBERS, TEXTS

_LAST = "last/"
"""Before the names of the second of two graphs."""


def width_of(value: onnx.ValueInfoProto) -> int | None:
    """The number of columns of a table; None if it is not known."""
    dimensions = value.type.tensor_type.shape.dim
    return int(dimensions[-1].dim_value) or None if len(dimensions) > 1 else None


def joined(first: onnx.ModelProto, last: onnx.ModelProto) -> onnx.ModelProto:
    """One graph of preprocessing and estimator; the features between them are cast to single precision."""
    renamed = onnx.compose.add_prefix(last, _LAST)
    features = renamed.graph.input[0].name
    for given in renamed.graph.output:
        _rename(renamed.graph, given.name, given.name.removeprefix(_LAST) + "_of_all")
    cast = helper.make_node("Cast", [first.graph.output[0].name], [features], to=TensorProto.FLOAT)
    graph = helper.make_graph(
        [*first.graph.node, cast, *renamed.graph.node],
        "model",
        first.graph.input,
        renamed.graph.output,
        [*first.graph.initializer, *renamed.graph.initializer],
    )
    opsets = {entry.domain: entry.version for model in (first, last) for entry in model.opset_import}
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid(*item) for item in opsets.items()])
    model.ir_version = max(first.ir_version, last.ir_version)
    return model


def feed_by_tensors(model: onnx.ModelProto, numbers: Sequence[str], texts: Sequence[str]) -> None:
    """Replace one input a column by `numbers` [n, k], in double precision, and `texts` [n, m].

    Args:
        model: Changed in place; its inputs are the columns.
        numbers: The columns of numbers.
        texts: The columns of texts.
    """
    graph = model.graph
    kinds = {given.name: given.type.tensor_type.elem_type for given in graph.input}
    del graph.input[:]
    for index, column in enumerate([*numbers, *texts]):  # a column may be called "numbers"
        _rename(graph, column, f"column/{index}")
    added = []
    for tensor, first, columns in ((NUMBERS, 0, numbers), (TEXTS, len(numbers), texts)):
        if columns:
            names = [f"column/{first + place}" for place in range(len(columns))]
            added += _given(graph, tensor, len(columns), kinds[columns[0]])
            added += _taken_apart(graph, f"{tensor}/given", names)
    _put_first(graph, added)


def feed_by_matrix(model: onnx.ModelProto) -> None:
    """Let the only input `numbers` [n, k] take double precision. Changes the graph in place."""
    graph = model.graph
    given = graph.input[0]
    width, kind = width_of(given) or 0, given.type.tensor_type.elem_type
    del graph.input[:]
    _rename(graph, NUMBERS, f"{NUMBERS}/given")
    _put_first(graph, _given(graph, NUMBERS, width, kind))


def _given(graph: onnx.GraphProto, tensor: str, width: int, kind: int) -> list[onnx.NodeProto]:
    """Add an input of that name; the nodes give it as `NAME/given`, of the kind that the graph wants."""
    is_text = kind == TensorProto.STRING
    taken = TensorProto.STRING if is_text else TensorProto.DOUBLE
    graph.input.append(helper.make_tensor_value_info(tensor, taken, [None, width]))
    if kind == taken:
        return [helper.make_node("Identity", [tensor], [f"{tensor}/given"])]
    return [helper.make_node("Cast", [tensor], [f"{tensor}/given"], to=kind)]


def _taken_apart(graph: onnx.GraphProto, tensor: str, columns: Sequence[str]) -> list[onnx.NodeProto]:
    """The nodes that give the columns of a tensor: none where a step wants all of them, in their order."""
    for node in graph.node:
        if node.op_type == "Concat" and list(node.input) == list(columns):
            del node.input[:], node.attribute[:]
            node.op_type = "Identity"
            node.input.append(tensor)
    used = {name for node in graph.node for name in node.input}
    if not used & set(columns):
        return []
    if len(columns) == 1:
        return [helper.make_node("Identity", [tensor], list(columns))]
    return [helper.make_node("Split", [tensor], list(columns), axis=1, num_outputs=len(columns))]


def _put_first(graph: onnx.GraphProto, nodes: Sequence[onnx.NodeProto]) -> None:
    ordered = [*nodes, *graph.node]
    del graph.node[:]
    graph.node.extend(ordered)


def _rename(graph: onnx.GraphProto, old: str, new: str) -> None:
    """Rename a value wherever it is named."""
    for node in graph.node:
        _replace(node.input, old, new)
        _replace(node.output, old, new)
    values: Iterable[onnx.ValueInfoProto] = [*graph.input, *graph.output, *graph.value_info]
    for value in values:
        if value.name == old:
            value.name = new


def _replace(names: "list[str]", old: str, new: str) -> None:  # a repeated field of protobuf
    for place, name in enumerate(names):
        if name == old:
            names[place] = new
