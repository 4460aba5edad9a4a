"""Which column of the caller's becomes which of the predictor's, decided before anything is served. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import NamedTuple

from platformctl_transformers.casts import CASTS, Refused, shown

ANY = "any"

_TAKES = {
    "long": {"integer", "long"},
    "float": {"integer", "long", "float"},
    "double": {"integer", "long", "float", "double"},
}
"""Casts that a type of the signature takes, beside the one of its own name."""

_VALUES = {
    "boolean": (bool,),
    "integer": (int, float),
    "long": (int, float),
    "float": (int, float),
    "double": (int, float),
    "string": (str,),
    "datetime": (str,),
    "binary": (str,),
}
"""Values of a settings file that a column of a type holds."""


class FeaturesUnusable(ValueError):
    """The settings cannot work with this predictor.

    Args:
        field: The field of `features`, as `cast.age`.
        message: What is wrong.
        hint: The way out.
    """

    def __init__(self, field: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.field = field
        self.hint = hint


class Expected(NamedTuple):
    """A column of the predictor's. `name` is None where it knows columns by position only."""

    name: str | None
    type: str
    required: bool = True


@dataclass(frozen=True, slots=True)
class Rules:
    """What a person asked for; in this order, and by the names after renaming.

    Args:
        rename: From the caller's name to the predictor's.
        default: What a column holds where it is absent or null.
        cast: The type that a column's values are turned into.
        select: The columns that go on, in order; None: all that the predictor knows.
    """

    rename: Mapping[str, str] = field(default_factory=dict)
    default: Mapping[str, object] = field(default_factory=dict)
    cast: Mapping[str, str] = field(default_factory=dict)
    select: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Where one column that goes on comes from.

    Args:
        name: What the predictor calls it.
        caller: What the caller calls it; None: it is always the default.
        type: What a caller has to send: the cast's name, else the predictor's; `any` if unknown.
        required: Whether the caller has to send it.
        cast: The type that its values are turned into; None: none.
        default: Its value where it is absent or null, cast already; None: there is none.
    """

    name: str
    caller: str | None
    type: str
    required: bool
    cast: str | None = None
    default: object = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What becomes of a row.

    Args:
        sources: A column each, in the order in which they go on; None: whatever the caller sends, for
            a predictor without a signature.
        by_position: The predictor gets lists, in this order, and no names.
        rename: From the caller's name to the predictor's.
        casts: From the predictor's name to the type.
        defaults: From the predictor's name to the value, cast already.
    """

    sources: tuple[Source, ...] | None
    by_position: bool
    rename: Mapping[str, str]
    casts: Mapping[str, str]
    defaults: Mapping[str, object]


def plan(rules: Rules, expected: Sequence[Expected] | None) -> Plan:
    """Decide what goes where.

    Args:
        rules: What a person asked for.
        expected: The predictor's columns; None: it does not say.

    Raises:
        FeaturesUnusable: The predictor could never be given what it takes.
    """
    _check_renames(rules.rename)
    _check_selection(rules.select)
    by_position = expected is not None and any(column.name is None for column in expected)
    known = {} if expected is None else _by_name(expected, rules.select)
    defaults = {name: _default(name, value, rules.cast.get(name)) for name, value in rules.default.items()}
    if expected is None and rules.select is None:
        return Plan(None, by_position, rules.rename, rules.cast, defaults)
    if expected is not None:
        _check_names("select", rules.select or (), known)
    chosen = tuple(known) if rules.select is None else tuple(rules.select)
    _check_names("rename", rules.rename.values(), chosen)
    _check_names("default", rules.default, chosen)
    _check_names("cast", rules.cast, chosen)
    for name in chosen:
        _check_types(name, known.get(name), rules)
    sources = _sources(chosen, known, rules, defaults)
    _check_cover(sources, known)
    return Plan(sources, by_position, rules.rename, rules.cast, defaults)


def _check_renames(rename: Mapping[str, str]) -> None:
    by_target: dict[str, str] = {}
    for caller, name in rename.items():
        if name in by_target:
            raise FeaturesUnusable(
                f"rename.{caller}",
                f'"{by_target[name]}" and "{caller}" both become "{name}"',
                "rename one of them to another column, or leave it out",
            )
        by_target[name] = caller


def _check_selection(select: Sequence[str] | None) -> None:
    if select is None:
        return
    if not select:
        raise FeaturesUnusable("select", "no column goes on", "name some, or leave select out")
    twice = [name for index, name in enumerate(select) if name in select[:index]]
    if twice:
        raise FeaturesUnusable("select", f'"{twice[0]}" is named twice', "name it once")


def _by_name(expected: Sequence[Expected], select: Sequence[str] | None) -> dict[str, Expected]:
    """The predictor's columns by name; `select` names those that have none."""
    if all(column.name is not None for column in expected):
        return {str(column.name): column for column in expected}
    if select is None:
        raise FeaturesUnusable(
            "select",
            f"the model knows its {len(expected)} columns by their order only",
            "name all of them in select, in the model's order",
        )
    if len(select) != len(expected):
        raise FeaturesUnusable(
            "select",
            f"{len(select)} columns go on, and the model takes {len(expected)} by their order",
            "name all of them, in the model's order",
        )
    return dict(zip(select, expected, strict=True))


def _check_names(where: str, names: Iterable[str], known: Mapping[str, object] | Sequence[str]) -> None:
    """Whether what a field names goes on at all: else it is a slip, and would do nothing."""
    wrong = next((name for name in names if name not in known), None)
    if wrong is None:
        return
    near = get_close_matches(wrong, list(known), n=1)
    raise FeaturesUnusable(
        where,
        f'no column "{wrong}" goes to the model; it takes {_listed(known)}',
        f'did you mean "{near[0]}"?' if near else "names in features are those after renaming",
    )


def _default(name: str, value: object, cast: str | None) -> object:
    if cast is None:
        return value
    try:
        return CASTS[cast](value)
    except Refused as error:
        raise FeaturesUnusable(
            f"default.{name}", f"{shown(value)} is not {cast}: {error}", f"give a value of {cast}"
        ) from error


def _check_types(name: str, column: Expected | None, rules: Rules) -> None:
    """Whether what a cast gives, or a default is, has the type that the predictor takes."""
    if column is None or column.type == ANY:
        return
    cast, default = rules.cast.get(name), rules.default.get(name)
    if cast is not None:
        if cast != column.type and cast not in _TAKES.get(column.type, ()):
            raise FeaturesUnusable(
                f"cast.{name}", f"the model takes {column.type}, not {cast}", f"cast it to {column.type}"
            )
    elif default is not None and not _holds(column.type, default):
        raise FeaturesUnusable(
            f"default.{name}",
            f"the model takes {column.type}, not {shown(default)}",
            f"give a value of {column.type}, or cast the column to it",
        )


def _holds(kind: str, value: object) -> bool:
    """Whether a value is of a type as it stands."""
    kinds = _VALUES.get(kind)
    if kinds is None:
        return True
    if not isinstance(value, kinds) or isinstance(value, bool) != (kind == "boolean"):
        return False
    convert = CASTS.get(kind)
    try:
        return convert is None or convert(value) is not None
    except Refused:
        return False


def _sources(
    chosen: Sequence[str], known: Mapping[str, Expected], rules: Rules, defaults: Mapping[str, object]
) -> tuple[Source, ...]:
    callers = {name: caller for caller, name in rules.rename.items()}
    sources = []
    for name in chosen:
        column = known.get(name)
        optional = column is not None and not column.required
        caller = callers.get(name, None if name in rules.rename else name)
        if caller is None and name not in defaults:
            if optional and rules.select is None:
                continue
            raise _nothing_becomes(name, rules)
        cast = rules.cast.get(name)
        kind = cast or (column.type if column else ANY)
        required = name not in defaults and not optional
        sources.append(Source(name, caller, kind, required, cast, defaults.get(name)))
    return tuple(sources)


def _nothing_becomes(name: str, rules: Rules) -> FeaturesUnusable:
    return FeaturesUnusable(
        "rename" if rules.select is None else "select",
        f'nothing becomes "{name}": the caller\'s "{name}" is renamed to "{rules.rename[name]}"',
        f'rename another column to "{name}", or give it a default',
    )


def _check_cover(sources: Sequence[Source], known: Mapping[str, Expected]) -> None:
    given = {source.name for source in sources}
    missing = [name for name, column in known.items() if column.required and name not in given]
    if missing:
        raise FeaturesUnusable(
            "select",
            f"the model needs {_listed(missing)}, which would not go on",
            "add what is missing, or leave select out",
        )


def _listed(names: Mapping[str, object] | Sequence[str]) -> str:
    shown_names = [f'"{name}"' for name in list(names)[:20]]
    more = len(names) - len(shown_names)
    return ", ".join(shown_names) + (f" and {more} more" if more > 0 else "")
