"""From pydantic's ValidationError to a SpecError that a person can act on. Pure."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from platformctl.domain import (
    components,
    deployment,
    features,
    options,
    policy,
    policy_gates,
    resources,
    scaling,
)
from platformctl.domain.elsewhere import ELSEWHERE
from platformctl.domain.errors import SpecError
from platformctl.domain.fields import REFUSED
from platformctl.domain.nearest import did_you_mean, nearest
from platformctl.domain.wording import said

Path = tuple[str | int, ...]
"""Where in a document: ("spec", "predictor", "args", 0)."""

LineOf = Callable[[Path], int | None]
"""Tells the line, counted from 1, of a place in the text that was read; None if that is not known."""

Context = Mapping[str, Any]
Told = tuple[str, str | None]

_SHOWN = 20
_FEW = 2
_TAGS: Mapping[str | int, type[BaseModel] | None] = {
    components.WORD_TAG: None,
    components.FORMAT_TAG: components.Format,
    components.CLASS_TAG: components.CodeClass,
    components.IMAGE_TAG: components.Image,
    components.FEATURES_TAG: components.FeatureTransformer,
    components.TRANSFORMER_CLASS_TAG: components.TransformerClass,
    resources.COUNT_TAG: None,
    resources.GPU_TAG: resources.Gpu,
}
_SHAPES: Mapping[Path, type[BaseModel]] = MappingProxyType(
    {
        (): deployment.ModelDeployment,
        ("metadata",): deployment.Metadata,
        ("spec",): deployment.Spec,
        ("spec", "model"): deployment.ModelSource,
        ("spec", "transformer", "features"): features.Features,
        ("spec", "serving"): options.ServerOptions,
        ("spec", "serving", "batch"): options.Batch,
        ("spec", "serving", "limits"): options.Limits,
        ("spec", "resources"): resources.Resources,
        ("spec", "resources", "gpu"): resources.Gpu,
        ("spec", "resources", "tolerations"): resources.Toleration,
        ("spec", "scaling"): scaling.Scaling,
        ("spec", "scaling", "prometheus"): scaling.Prometheus,
        ("spec", "promotion"): deployment.Promotion,
        ("spec", "rollout"): policy.RolloutPolicy,
        ("spec", "rollout", "steps"): policy.RolloutStep,
        ("spec", "rollout", "gates"): policy_gates.Gates,
        ("spec", "rollout", "gates", "errors"): policy_gates.RateGate,
        ("spec", "rollout", "gates", "latency"): policy_gates.LatencyGate,
        ("spec", "rollout", "gates", "clientErrors"): policy_gates.RateGate,
        ("spec", "rollout", "gates", "queries"): policy_gates.QueryGate,
    }
)
_PATTERNS = MappingProxyType(
    {
        "class": ("is not an import path", "write package.module:Class"),
        "image": ("is not an image's reference: it has blanks", "write registry/name:tag"),
    }
)


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong in a document.

    Args:
        path: Where.
        message: What, without the place.
        hint: What to do instead.
    """

    path: Path
    message: str
    hint: str | None = None


def spec_error(error: ValidationError, source: str, line_of: LineOf) -> SpecError:
    """Return one SpecError that says everything that is wrong in a ModelDeployment.

    Args:
        error: From `ModelDeployment.model_validate(…, by_alias=True, by_name=False)`.
        source: What was read, in words: a file's path.
        line_of: Tells the line of a field.
    """
    return gathered(faults(error.errors(include_url=False)), source, line_of)


def gathered(found: Sequence[Fault], source: str, line_of: LineOf) -> SpecError:
    """Return one SpecError for one or more faults: the first as such, a line for each other one."""
    first, *others = found
    lines = [f"{first.message} ({_place(source, line_of(first.path))})"]
    lines += [_line(fault, line_of) for fault in others[: _SHOWN - 1]]
    if len(others) >= _SHOWN:
        lines.append(f"and {len(others) - _SHOWN + 1} more")
    return SpecError("\n".join(lines), field=dotted(first.path) or None, hint=first.hint)


def _line(fault: Fault, line_of: LineOf) -> str:
    line = line_of(fault.path)
    place = f" (line {line})" if line else ""
    hint = f"; {fault.hint}" if fault.hint else ""
    return f"{dotted(fault.path)}: {fault.message}{place}{hint}"


def _place(source: str, line: int | None) -> str:
    return f"{source}, line {line}" if line else source


def dotted(path: Path) -> str:
    """Return a path as people write it: `spec.predictor.args[0]`; odd keys are quoted and shortened."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif step.isidentifier():
            text += f".{step}" if text else step
        else:
            text += f"[{said(step)}]"
    return text if len(text) <= 200 else f"{text[:199]}…"  # noqa: PLR2004 - a line or two of a terminal


def faults(errors: Sequence[ErrorDetails]) -> tuple[Fault, ...]:
    """Return what is wrong, in the order of the schema; a missing field after its misspelling is left out."""
    unknown = [error["loc"] for error in errors if error["type"] == "extra_forbidden"]
    return tuple(_fault(error) for error in errors if not _is_misspelt(error, unknown))


def _is_misspelt(error: ErrorDetails, unknown: Sequence[Path]) -> bool:
    """Say whether a missing field is there under a near name, which is a fault of its own."""
    if error["type"] != "missing":
        return False
    *parent, field = error["loc"]
    return any(
        list(loc[:-1]) == parent and nearest(str(loc[-1]), [str(field)]) is not None for loc in unknown
    )


def _fault(error: ErrorDetails) -> Fault:
    loc = error["loc"]
    path = tuple(step for step in loc if step not in _TAGS)
    value = error["input"]
    context = error.get("ctx", {})
    kind = error["type"]
    if kind == REFUSED:
        return Fault(path, context["message"], context["hint"])
    if kind == "component":
        return _component(path, value, error["msg"])
    if kind == "extra_forbidden":
        return Fault(path, "there is no such field", _instead(path, fields_at(loc[:-1])))
    if kind == "string_pattern_mismatch" and str(path[-1]) in _PATTERNS:
        message, hint = _PATTERNS[str(path[-1])]
        return Fault(path, f"{said(value)} {message}", hint)
    say = _GENERIC.get(kind)
    return Fault(path, *say(value, context, fields_at(loc))) if say else Fault(path, error["msg"])


def _quoted(value: object) -> str | None:
    if value is None or isinstance(value, (Mapping, list, tuple)):
        return None
    return f'write it in quotes: "{said(value)}"'


def _mapping(value: object, _: Context, fields: Sequence[str]) -> Told:
    return f"must be a mapping, not {said(value)}", f"fields: {', '.join(fields)}"


def _literal(value: object, context: Context, _: Sequence[str]) -> Told:
    expected = str(context["expected"]).replace("'", "")
    near = nearest(value, re.split(", | or ", expected)) if isinstance(value, str) else None
    return f"{said(value)} is not {expected}", f"did you mean {near}?" if near else f"write {expected}"


_GENERIC: Mapping[str, Callable[[object, Context, Sequence[str]], Told]] = MappingProxyType(
    {
        "missing": lambda *_: ("is missing", None),
        "model_type": _mapping,
        "string_type": lambda value, *_: (f"must be text, not {said(value)}", _quoted(value)),
        "string_too_short": lambda *_: ("is empty", "write a value, or leave it out"),
        "dict_type": lambda value, *_: (
            f"must be a mapping, not {said(value)}",
            "write name: value, below it",
        ),
        "tuple_type": lambda value, *_: (f"must be a list, not {said(value)}", None),
        "literal_error": _literal,
        "enum": _literal,
        "greater_than_equal": lambda value, context, _: (
            f"{said(value)} is less than {context['ge']:g}",
            f"write {context['ge']:g} or more",
        ),
        "greater_than": lambda value, context, _: (
            f"{said(value)} is not more than {context['gt']:g}",
            "write a number such as 30",
        ),
        "less_than_equal": lambda value, context, _: (
            f"{said(value)} is more than {context['le']:.10g}",
            f"write {context['le']:.10g} or less",
        ),
        "value_error": lambda _, context, __: (str(context["error"]), None),
    }
)
"""Message and hint for the faults that any field may have, by pydantic's type of the error."""


def _component(path: Path, value: object, shapes: str) -> Fault:
    """A predictor or transformer that is none of its shapes."""
    keys = [str(key) for key in value] if isinstance(value, Mapping) else []
    own = _OWN[path[-1]]
    there = [key for key in own if key in keys]
    if len(there) > 1:
        both = " and ".join(_ARTICLES.get(key, f"a {key}") for key in there)
        return Fault(path, f"has {both}", "write only one of them")
    for key in keys:
        if near := nearest(key, own):
            return Fault((*path, key), "there is no such field", f"did you mean {near}?")
    if isinstance(value, str) and ":" in value:
        return Fault(path, f"{said(value)} is text; {shapes}", _component_hint(value))
    if "format" in own and isinstance(value, str) and (near := nearest(value, _FORMATS)):
        hint = "write auto" if near == "auto" else f"write format: {near}, below it"
        return Fault(path, f"{said(value)} is not understood: {shapes}", hint)
    if keys:
        return Fault(path, f"has neither {' nor '.join(own)}; {shapes}", _component_hint())
    return Fault(path, f"{said(value)} is not understood: {shapes}", _component_hint())


_OWN: Mapping[str | int, tuple[str, ...]] = MappingProxyType(
    {"predictor": ("format", "class", "image"), "transformer": ("features", "class", "image")}
)
"""The keys by which the shapes are told apart."""

_ARTICLES = MappingProxyType({"features": "features", "image": "an image"})

_FORMATS = get_args(components.ModelFormat)


def _component_hint(value: str = "package.module:Class") -> str:
    return f"write class: {said(value).strip(chr(39))}, or image: registry/name:tag, below it"


def _instead(path: Path, fields: Sequence[str]) -> str:
    """Say where an unknown field's value belongs."""
    key = str(path[-1])
    if near := nearest(key, fields):
        return f"did you mean {near}?"
    if key in ELSEWHERE:
        return ELSEWHERE[key]
    homes = [shape for shape in _SHAPES if shape != path[:-1] and key in fields_at(shape)]
    if 0 < len(homes) <= _FEW:
        return f"it belongs to {' or '.join(dotted(home) or 'the top of the document' for home in homes)}"
    return did_you_mean(key, fields)


def fields_at(loc: Path) -> tuple[str, ...]:
    """Return the names that a mapping at this place of the document may have, as files spell them."""
    if loc and loc[-1] in _TAGS:
        shape = _TAGS[loc[-1]]
    else:
        shape = _SHAPES.get(tuple(step for step in loc if step not in _TAGS and not isinstance(step, int)))
    if shape is None:
        return ()
    return tuple(field.alias or name for name, field in shape.model_fields.items())
