"""What a comparison finds."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Change:
    """One thing that callers see and that is not as it was.

    Args:
        field: `inputs.age`, `outputs`, `params.threshold`; a part alone where it is about all of it.
        text: What has changed, in words.
        breaks: Whether it breaks callers who do as before.
    """

    field: str
    text: str
    breaks: bool = True


def retyped(field: str, old: object, new: object, *, takes: bool, remark: str = "") -> Change:
    """A change of type; `takes`: whether the new one takes all that the old one did."""
    which = "which takes all of that" if takes else "which does not take all of that"
    return Change(field, f"it was {old} and is {new} now, {which}{remark}", breaks=not takes)
