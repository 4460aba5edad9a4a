"""What callers get, and the parameters that they may send, compared. Pure."""

from collections.abc import Iterator, Sequence

from platformctl.domain.components import Output
from platformctl.domain.signatures import ANY, Column, Param, Scalar, Table, Tensor
from platformctl.domain.wording import said
from platformctl.plan.contracts.changes import Change, retyped
from platformctl.plan.contracts.inputs import shown, takes_shape
from platformctl.plan.contracts.kinds import takes

PART = "outputs"
PARAMS = "params"

_One = Column | Tensor


def compare(old: Table, new: Table) -> Iterator[Change]:
    """Compare what callers got with what they get: readers are written for one type, so any other breaks.

    A table of several named outputs may get one more: each is read by its name.
    """
    if type(old) is not type(new):
        yield Change(PART, "columns became tensors, or tensors columns")
        return
    before, now = old.parts, new.parts
    names, names_now = [one.name for one in before], [one.name for one in now]
    if names == names_now:
        for index, (was, becomes) in enumerate(zip(before, now, strict=True)):
            yield from _one(_field(was, index, len(before)), was, becomes)
    elif None in (*names, *names_now) or min(len(names), len(names_now)) == 1:
        yield Change(PART, f"{_listed(before)} was answered, and {_listed(now)} is now")
    else:
        yield from _by_name(before, now)


def answers(old: Output | None, new: Output | None) -> Iterator[Change]:
    """Compare what the specs say that a classifier answers. `both` has all that `label` has."""
    if old == new or old is None or new is None:
        return
    breaks = (old, new) != ("label", "both")
    yield Change(PART, f"{old} was answered (spec.predictor.output), and {new} is now", breaks=breaks)


def params(old: Sequence[Param], new: Sequence[Param]) -> Iterator[Change]:
    """Compare the parameters of requests. Each has a default, so none has to be sent."""
    before, now = ({param.name: param for param in each} for each in (old, new))
    for name, param in before.items():
        if name in now:
            yield from _param(f"{PARAMS}.{name}", param, now[name])
        else:
            yield Change(f"{PARAMS}.{name}", "it is no longer a parameter: requests with it are refused")
    for name, param in now.items():
        if name not in before:
            yield Change(f"{PARAMS}.{name}", f"it may be sent now ({param.kind})", breaks=False)


def _param(field: str, old: Param, new: Param) -> Iterator[Change]:
    if old.shape != new.shape:
        was, now = ("a list" if param.shape else "one value" for param in (old, new))
        yield Change(field, f"it was {was} and is {now} now")
    if old.kind != new.kind:
        yield retyped(field, old.kind, new.kind, takes=takes(new.kind, old.kind))
    if repr(old.default) != repr(new.default):  # NaN is not equal to itself
        text = f"its default was {said(old.default)} and is {said(new.default)} now"
        yield Change(field, text, breaks=False)


def _by_name(old: Sequence[_One], new: Sequence[_One]) -> Iterator[Change]:
    before, now = ({one.name: one for one in each} for each in (old, new))
    for name, one in before.items():
        if name in now:
            yield from _one(f"{PART}.{name}", one, now[name])
        else:
            yield Change(f"{PART}.{name}", "it is no longer answered")
    for name in now:
        if name not in before:
            yield Change(f"{PART}.{name}", "it is answered as well now", breaks=False)


def _one(field: str, old: _One, new: _One) -> Iterator[Change]:
    if isinstance(old, Tensor) and isinstance(new, Tensor):
        yield from _tensor(field, old, new)
    elif isinstance(old, Column) and isinstance(new, Column):
        yield from _column(field, old, new)


def _column(field: str, old: Column, new: Column) -> Iterator[Change]:
    if old.kind != new.kind:
        breaks = old.kind != Scalar(ANY)
        yield Change(field, f"{old.kind} was answered, and {new.kind} is now", breaks=breaks)
    if old.required and not new.required:
        yield Change(field, "it was always answered and may be absent now")
    elif new.required and not old.required:
        yield Change(field, "it might be absent and is always answered now", breaks=False)


def _tensor(field: str, old: Tensor, new: Tensor) -> Iterator[Change]:
    if old.dtype != new.dtype:
        yield Change(field, f"{old.dtype} was answered, and {new.dtype} is now")
    if old.shape != new.shape:
        breaks = not takes_shape(old.shape, new.shape)
        text = f"the shape {shown(old.shape)} was answered, and {shown(new.shape)} is now"
        yield Change(field, text, breaks=breaks)


def _field(one: _One, index: int, of: int) -> str:
    if one.name is not None:
        return f"{PART}.{one.name}"
    return PART if of == 1 else f"{PART}.{index}"


def _listed(each: Sequence[_One]) -> str:
    return ", ".join("one without a name" if one.name is None else one.name for one in each)
