"""Whether callers of one revision are still understood by another. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from platformctl.domain.errors import SpecError
from platformctl.domain.nearest import nearest
from platformctl.plan.contracts import inputs, outputs
from platformctl.plan.contracts.changes import Change
from platformctl.plan.contracts.faces import Face

__all__ = ["OPTION", "Change", "Comparison", "Face", "check_allowed", "compare"]

OPTION = "--allow-breaking"
_PARTS = (inputs.PART, outputs.PART, outputs.PARAMS)


@dataclass(frozen=True)
class Comparison:
    """What has changed for callers.

    Args:
        changes: What is not as it was.
        skipped: What was not compared, and why, a sentence each.
        fields: What either of the two has: every change is about one of these. None: nothing was compared.
    """

    changes: tuple[Change, ...] = ()
    skipped: tuple[str, ...] = ()
    fields: frozenset[str] | None = None

    @property
    def breaking(self) -> tuple[Change, ...]:
        """The changes that break callers who do as before."""
        return tuple(change for change in self.changes if change.breaks)


def compare(old: Face, new: Face) -> Comparison:
    """Compare what callers send and get with what they have to send and will get."""
    changes: list[Change] = []
    skipped = _unknown("what callers send", (old, old.inputs), (new, new.inputs))
    if old.inputs is not None and new.inputs is not None:
        changes += inputs.compare(old.inputs, new.inputs, lists=old.lists and new.lists)
    answers, silent = _outputs(old, new)
    parameters, unsaid = _params(old, new)
    fields = {field for face in (old, new) for field in _fields(face)}
    return Comparison(
        changes=(*changes, *answers, *parameters),
        skipped=(*skipped, *silent, *unsaid),
        fields=frozenset(fields | set(_PARTS)),
    )


def check_allowed(allowed: Iterable[str], comparison: Comparison) -> None:
    """Hold what a person lets through to what there is.

    Raises:
        SpecError: There is no such field; the hint names the nearest one.
    """
    for field in allowed:
        known = comparison.fields
        if known is None and field.partition(".")[0] in _PARTS:
            continue  # nobody knows what there is
        if field in (known or _PARTS):
            continue
        near = nearest(field, known or _PARTS)
        form = "a field is inputs, outputs or params, or a name in one of these: inputs.age"
        raise SpecError(
            f"neither version has {field!r}", field=OPTION, hint=f"did you mean {near}?" if near else form
        )


def _outputs(old: Face, new: Face) -> tuple[list[Change], list[str]]:
    said = list(outputs.answers(old.answer, new.answer))
    if old.answer is not None or new.answer is not None:
        told = "what callers get was not compared: spec.predictor.output says what is answered"
        return said, [] if said else [told]
    if old.outputs is None or new.outputs is None:
        return said, _unknown("what callers get", (old, old.outputs), (new, new.outputs))
    return list(outputs.compare(old.outputs, new.outputs)), []


def _params(old: Face, new: Face) -> tuple[list[Change], list[str]]:
    if old.params is None or new.params is None:
        return [], _unknown("which parameters there are", (old, old.params), (new, new.params))
    return list(outputs.params(old.params, new.params)), []


def _unknown(what: str, *parts: tuple[Face, object]) -> list[str]:
    """Say who does not say it, if one does not."""
    silent = [face.label for face, part in parts if part is None]
    if not silent:
        return []
    who = f"{silent[0]} does not say it" if len(silent) == 1 else f"neither {' nor '.join(silent)} says it"
    return [f"{what} was not compared: {who}"]


def _fields(face: Face) -> Iterator[str]:
    for part, table in ((inputs.PART, face.inputs), (outputs.PART, face.outputs)):
        for index, one in enumerate(table.parts if table else ()):
            yield f"{part}.{index if one.name is None else one.name}"
    for param in face.params or ():
        yield f"{outputs.PARAMS}.{param.name}"
