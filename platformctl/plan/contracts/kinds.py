"""Whether what was sent as one type is still taken where another is expected. Pure.

MLflow's rules (`mlflow.models.utils._enforce_mlflow_datatype`: an integer is a long and a double, a float is
a double), and one of our servers: they take a long for a double, as JSON has one kind of number. Nothing is
taken for a `float` but a float: its 24 bits would round what callers send.
"""

import re
from collections.abc import Set as AbstractSet

from platformctl.domain.signatures import ANY, Castable, Kind, Listed, Mapped, Object, Scalar, Seen

_WIDER = {
    "long": {"integer"},
    "double": {"integer", "long", "float"},
}
"""Types that are taken beside the one of its own name."""

_CASTS = {
    "boolean": {"boolean"},
    "integer": {"boolean", "integer"},
    "long": {"boolean", "integer", "long"},
    "float": {"boolean", "float"},
    "double": {"boolean", "integer", "long", "float", "double"},
    "string": {"boolean", "integer", "long", "float", "double", "string", "datetime", "binary"},
    "datetime": {"datetime"},
}
"""Types whose every value a cast takes: docs/transformers.md has the table."""

WHOLE, NUMBER, TEXT, TRUTH = "whole numbers", "numbers", "text", "true or false"
NULL, NESTED = "null", "lists or objects"

_TAKEN = {
    "boolean": {TRUTH},
    "integer": {WHOLE},
    "long": {WHOLE},
    "float": {WHOLE, NUMBER, NULL},
    "double": {WHOLE, NUMBER, NULL},
    "string": {TEXT, NULL},
    "binary": {TEXT, NULL},
    "datetime": {TEXT, NULL},
}
"""What JSON has for each type, as our servers take it."""

_DTYPE = re.compile(r"(u?int|float)([0-9]+)")
_EXACT_IN = {"float32": 24, "float64": 64}
"""Bits of the whole numbers that a float is taken for; float64 as `double` takes `long`."""


def takes(new: Kind, old: Kind) -> bool:
    """Whether every value that was fine for `old` is so for `new`. A kind takes itself."""
    if new in (old, Scalar(ANY)):
        return True
    if isinstance(old, Seen):
        return all(_takes_seen(new, kind) for kind in old.kinds)
    if isinstance(new, Seen):
        return _could_be(old, new)
    return _takes_one(new, old) or _takes_nested(new, old)


def _takes_one(new: Kind, old: Kind) -> bool:
    match old, new:
        case Scalar(before), Scalar(name):
            return before in _WIDER.get(name, ())
        case Scalar(before), Castable(to):
            return before in _CASTS.get(to, ())
        case Castable(before), Castable(to):
            return to == "string" or before in _WIDER.get(to, ())
    return False


def _takes_nested(new: Kind, old: Kind) -> bool:
    match old, new:
        case (Listed(before), Listed(now)) | (Mapped(before), Mapped(now)):
            return takes(now, before)
        case Object(), Object():
            return _takes_object(new, old)
    return False


def _takes_object(new: Object, old: Object) -> bool:
    """MLflow refuses keys that it does not know, so none may go."""
    for name, (kind, must) in old.properties.items():
        if name not in new.properties:
            return False
        now, has_to_be = new.properties[name]
        if not takes(now, kind) or (has_to_be and not must):
            return False
    return all(name in old.properties or not must for name, (_, must) in new.properties.items())


def _takes_seen(new: Kind, seen: str) -> bool:
    match new:
        case Scalar(name):
            return seen in _TAKEN.get(name, (seen,))
        case Castable(to):
            return seen in (TEXT, NULL) or seen in _TAKEN[to] or (to == "string" and seen != NESTED)
        case _:
            return seen == NESTED


def _could_be(old: Kind, new: Seen) -> bool:
    """Whether an example does not speak against a type: it shows some values, and not which others do."""
    if isinstance(old, Castable) or old == Scalar(ANY):
        return True
    taken = _TAKEN.get(old.name, {NESTED}) if isinstance(old, Scalar) else {NESTED}
    shown = _coarse(new.kinds) - {NULL}
    return not shown or bool(_coarse(taken) & shown)


def _coarse(kinds: AbstractSet[str]) -> AbstractSet[str]:
    """The same, with one kind of number."""
    return {NUMBER if kind == WHOLE else kind for kind in kinds}


def rounds(new: Kind, old: Kind) -> bool:
    """Whether whole numbers beyond 2 to the power of 53 lose digits."""
    return isinstance(old, Scalar) and old.name == "long" and new in (Scalar("double"), Castable("double"))


def takes_dtype(new: str, old: str) -> bool:
    """The same of numpy's types, by their names: `int32` is taken for `int64`, and for `float64`."""
    if new == old:
        return True
    match_old, match_new = _DTYPE.fullmatch(old), _DTYPE.fullmatch(new)
    if match_old is None or match_new is None:
        return False
    (before, before_bits), (kind, bits) = match_old.groups(), match_new.groups()
    if before == kind:
        return int(before_bits) <= int(bits)
    if before == "uint" and kind == "int":
        return int(before_bits) < int(bits)
    return kind == "float" and before != "float" and int(before_bits) <= _EXACT_IN.get(new, 0)
