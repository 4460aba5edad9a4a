"""What callers send, compared: whether those who do as before are still understood. Pure."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from platformctl.domain.signatures import Column, Columns, Seen, Table, Tensor, Tensors
from platformctl.plan.contracts.changes import Change, retyped
from platformctl.plan.contracts.kinds import rounds, takes, takes_dtype

PART = "inputs"


def compare(old: Table, new: Table, *, lists: bool) -> Iterator[Change]:
    """Compare what was sent with what is taken; `lists`: rows may be lists, in the order of the columns."""
    match old, new:
        case Columns(), Columns():
            yield from _columns(old.columns, new.columns, lists=lists)
        case Tensors(), Tensors():
            yield from _tensors(old.tensors, new.tensors)
        case Columns(), Tensors():
            yield Change(PART, "columns were sent, tensors are expected")
        case Tensors(), Columns():
            yield Change(PART, "tensors were sent, columns are expected")


def _columns(old: Sequence[Column], new: Sequence[Column], *, lists: bool) -> Iterator[Change]:
    before, now = _by_name(old), _by_name(new)
    if before is None or now is None:
        yield from _by_order(old, new, named=before is not None)
        return
    for name, column in before.items():
        if name in now:
            yield from _column(f"{PART}.{name}", column, now[name])
        else:
            yield Change(f"{PART}.{name}", _gone(lists=lists))
    for name, column in now.items():
        if name not in before:
            yield _added(f"{PART}.{name}", column)
    common = [name for name in before if name in now]
    if lists and common != [name for name in now if name in before]:
        yield Change(PART, "the columns have another order: in rows that are lists, values change places")


def _gone(*, lists: bool) -> str:
    """Our servers leave out what they do not know, so nobody would hear of it."""
    short = "; rows that are lists are refused" if lists else ""
    return f"it is no longer an input: what callers send there is left out without a word{short}"


def _added(field: str, column: Column) -> Change:
    if column.required:
        return Change(field, f"it is needed now ({column.kind}), and callers do not send it")
    return Change(field, f"it may be sent now ({column.kind})", breaks=False)


def _column(field: str, old: Column, new: Column) -> Iterator[Change]:
    if new.required and not old.required:
        yield Change(field, "it was optional and is needed now")
    elif old.required and not new.required:
        yield Change(field, "it was needed and is optional now", breaks=False)
    fits = takes(new.kind, old.kind)
    if not fits or (new.kind != old.kind and not _is_example(old, new)):
        remark = (
            "; whole numbers beyond 2 to the power of 53 are rounded" if rounds(new.kind, old.kind) else ""
        )
        yield retyped(field, old.kind, new.kind, takes=fits, remark=remark)


def _by_order(old: Sequence[Column], new: Sequence[Column], *, named: bool) -> Iterator[Change]:
    """Columns of which one side has no names: lists are sent, and their length counts."""
    if named:
        yield Change(PART, "columns were sent by name, and have none any more: rows have to be lists")
        return
    if len(old) != len(new):
        yield Change(PART, f"rows had {len(old)} values, and {len(new)} are expected")
        return
    for index, (before, now) in enumerate(zip(old, new, strict=True)):
        yield from _column(f"{PART}.{index}", before, now)


def _tensors(old: Sequence[Tensor], new: Sequence[Tensor]) -> Iterator[Change]:
    before, now = ({tensor.name: tensor for tensor in tensors} for tensors in (old, new))
    for name, tensor in before.items():
        if name in now:
            yield from _tensor(_field(name), tensor, now[name])
        else:
            yield Change(_field(name), "this tensor is no longer an input")
    for name in now:
        if name not in before:
            yield Change(_field(name), "this tensor is needed now, and callers do not send it")


def _field(name: str | None) -> str:
    return PART if name is None else f"{PART}.{name}"


def _tensor(field: str, old: Tensor, new: Tensor) -> Iterator[Change]:
    if new.dtype != old.dtype:
        yield retyped(field, old.dtype, new.dtype, takes=takes_dtype(new.dtype, old.dtype))
    if new.shape != old.shape:
        fits = takes_shape(new.shape, old.shape)
        yield retyped(field, f"of shape {shown(old.shape)}", shown(new.shape), takes=fits)


def takes_shape(new: Sequence[int], old: Sequence[int]) -> bool:
    """Whether every tensor of the one shape is of the other; -1 is any size."""
    return all(now in (-1, before) for now, before in zip_longest(new, old, fillvalue=-2))


def shown(shape: Sequence[int]) -> str:
    """A shape as MLflow writes it."""
    return f"[{', '.join(map(str, shape))}]"


def _by_name(columns: Sequence[Column]) -> dict[str, Column] | None:
    """None where one has no name."""
    named = {column.name: column for column in columns if column.name is not None}
    return named if len(named) == len(columns) else None


def _is_example(old: Column, new: Column) -> bool:
    """Whether one is an example: that it fits is no news."""
    return any(isinstance(column.kind, Seen) for column in (old, new))
