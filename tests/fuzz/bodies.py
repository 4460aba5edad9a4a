"""Bodies of V1 and V2: valid ones, and valid ones in which something was changed."""

from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.fuzz.subjects import Subject
from tests.fuzz.values import HOSTILE, VALID, Pairs, encode

DATATYPES = {
    "long": "INT64",
    "integer": "INT32",
    "double": "FP64",
    "float": "FP32",
    "boolean": "BOOL",
    "string": "BYTES",
    "binary": "BYTES",
    "datetime": "BYTES",
}
_KNOWN = ["BOOL", "INT8", "INT16", "INT32", "INT64", "UINT8", "UINT64", "FP16", "FP32", "FP64", "BYTES"]
_MOST_ROWS = 4
_MOST_CHANGES = 3
_LONGEST_PIECE = 12

Path = tuple[int | str, ...]


def v1(subject: Subject) -> SearchStrategy[Any]:
    """Valid V1 bodies."""
    rows = st.lists(_row(subject), max_size=_MOST_ROWS)
    if subject.params is None:
        return st.fixed_dictionaries({"instances": rows})
    return st.fixed_dictionaries({"instances": rows}, optional={"params": params(subject)})


def v2(subject: Subject) -> SearchStrategy[Any]:
    """Valid V2 bodies."""
    more: dict[str, SearchStrategy[Any]] = {"id": st.text(st.characters(codec="utf-8"), max_size=9)}
    if subject.params is not None:
        more["parameters"] = params(subject)
    inputs = st.integers(1, _MOST_ROWS).flatmap(lambda count: _tensors(subject, count))
    return st.fixed_dictionaries({"inputs": inputs}, optional=more)


def params(subject: Subject) -> SearchStrategy[Any]:
    """Some of the signature's parameters."""
    return st.fixed_dictionaries({}, optional={n: _param(t) for n, t in (subject.params or {}).items()})


@st.composite
def changed(draw: st.DrawFn, valid: SearchStrategy[Any]) -> bytes:
    """A valid document in which up to three things were changed, as bytes."""
    tree = draw(valid)
    for _ in range(draw(st.integers(1, _MOST_CHANGES))):
        path = draw(st.sampled_from(paths(tree)))
        change = draw(st.sampled_from(_CHANGES))
        tree = at(tree, path, lambda node, c=change: c(draw, node))  # type: ignore[misc]
    return encode(tree)


@st.composite
def torn(draw: st.DrawFn, whole: SearchStrategy[bytes]) -> bytes:
    """Bytes with a piece cut out, put in, repeated or overwritten."""
    content = draw(whole)
    start = draw(st.integers(0, len(content)))
    end = min(len(content), start + draw(st.integers(0, _LONGEST_PIECE)))
    piece = draw(st.sampled_from([b"", content[start:end] * 2]) | st.binary(max_size=_LONGEST_PIECE))
    cut_off = draw(st.booleans())
    return content[:start] + piece + (b"" if cut_off else content[end:])


def paths(tree: Any) -> list[Path]:
    """The place of each value in a document."""
    found: list[Path] = [()]
    for key, node in _children(tree):
        found += [(key, *path) for path in paths(node)]
    return found


def at(tree: Any, path: Path, change: Callable[[Any], Any]) -> Any:
    """The document with one value changed."""
    if not path:
        return change(tree)
    key, rest = path[0], path[1:]
    if isinstance(tree, list):
        return [at(node, rest, change) if index == key else node for index, node in enumerate(tree)]
    if isinstance(tree, dict):
        return {name: at(node, rest, change) if name == key else node for name, node in tree.items()}
    return tree


def _children(tree: Any) -> Sequence[tuple[int | str, Any]]:
    if isinstance(tree, list):
        return list(enumerate(tree))
    return list(tree.items()) if isinstance(tree, dict) else []


def _replaced(draw: st.DrawFn, _: Any) -> Any:
    return draw(HOSTILE)


def _wrapped(draw: st.DrawFn, node: Any) -> Any:
    return draw(st.sampled_from([[node], [node, node], [[node]], {"": node}, {"instances": node}]))


def _shorter(draw: st.DrawFn, node: Any) -> Any:
    keys = [key for key, _ in _children(node)]
    if not keys:
        return draw(HOSTILE)
    gone = draw(st.sampled_from(keys))
    left = [(key, inner) for key, inner in _children(node) if key != gone]
    return dict(left) if isinstance(node, dict) else [inner for _, inner in left]


def _longer(draw: st.DrawFn, node: Any) -> Any:
    value, name = draw(HOSTILE), draw(st.text(max_size=5))
    if isinstance(node, list):
        return [*node, value]
    return {**node, name: value} if isinstance(node, dict) else [node, value]


def _twice(draw: st.DrawFn, node: Any) -> Any:
    if isinstance(node, dict) and node:
        name = draw(st.sampled_from(sorted(node)))
        return Pairs((*node.items(), (name, draw(HOSTILE))))
    return [*node, *node] if isinstance(node, list) else [node] * 2


_CHANGES = (_replaced, _replaced, _wrapped, _shorter, _longer, _twice)


def _row(subject: Subject) -> SearchStrategy[Any]:
    if not subject.columns:
        return st.lists(
            VALID["double"].filter(lambda x: x is not None), min_size=subject.width, max_size=subject.width
        )
    known = {column.name: VALID[column.type] for column in subject.columns}
    names = {column.name for column in subject.columns if column.required}
    return st.fixed_dictionaries(
        {name: known[name] for name in known if name in names},
        optional={name: known[name] for name in known if name not in names},
    )


def _param(kind: str) -> SearchStrategy[Any]:
    if kind.startswith("["):
        return st.lists(VALID[kind[1:-1]], max_size=3)
    return VALID[kind]


@st.composite
def _tensors(draw: st.DrawFn, subject: Subject, count: int) -> list[dict[str, Any]]:
    if not subject.columns:
        return [_tensor("x", "FP64", [count, subject.width], [1.5] * (count * subject.width))]
    wanted = [c for c in subject.columns if c.required or draw(st.booleans())]
    return [
        _tensor(
            c.name, DATATYPES[c.type], [count], draw(st.lists(VALID[c.type], min_size=count, max_size=count))
        )
        for c in wanted
    ]


def _tensor(name: str, datatype: str, shape: list[int], data: list[Any]) -> dict[str, Any]:
    return {"name": name, "shape": shape, "datatype": datatype, "data": data}


@st.composite
def reshaped(draw: st.DrawFn, valid: SearchStrategy[Any]) -> bytes:
    """A valid V2 body of which one tensor has another shape, datatype or name."""
    tree = draw(valid)
    tensor = draw(st.sampled_from(tree["inputs"]))
    sizes = st.integers(-3, 5) | st.sampled_from([2**31, 2**32, 2**62, 2**63, 2**64, -(2**63), 0])
    tensor["shape"] = draw(st.lists(sizes, max_size=4) | st.just(tensor["shape"]) | st.just([1] * 70))
    tensor["datatype"] = draw(st.sampled_from([*_KNOWN, "INT", "int64", "", tensor["datatype"]]))
    tensor["name"] = draw(st.sampled_from([t["name"] for t in tree["inputs"]]) | st.text(max_size=3))
    return encode(tree)
