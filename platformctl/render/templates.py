"""Templates to manifests: YAML with every value written as JSON, so that none can break out of its place."""

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from platformctl.domain.errors import Refused

if TYPE_CHECKING:
    from jinja2 import Environment

_CHECKOUT = Path(__file__).parents[2]
_BROUGHT = Path(__file__).parent
_PAIR = re.compile(r"\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})")


def brought(folder: str) -> Path:
    """A folder of the wheel's, else of the checkout that this runs from.

    Raises:
        Refused: The installation is not complete.
    """
    for root in (_BROUGHT, _CHECKOUT):  # what lies beside an installed package is somebody else's
        if (root / folder).is_dir():
            return root / folder
    raise Refused(
        f"{folder} is not in {_BROUGHT}",
        hint="install platformctl again: from its wheel, or from a checkout",
    )


def render(template: str, /, **values: Any) -> dict[str, Any]:  # what JSON has
    """Fill a template of `manifests/`.

    Args:
        template: Its name, without the ending.
        values: What JSON can say, but no floats: YAML reads `1e-05` as a text.

    Raises:
        TypeError: A value is none of that, or the template has no mapping.
    """
    import yaml  # who renders nothing need not pay for it

    text = _environment().get_template(f"{template}.yaml.j2").render(values)
    found = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 both are safe
    if not isinstance(found, dict):
        raise TypeError(f"{template} gives no mapping")
    return found


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # as above

    environment = Environment(  # noqa: S701 YAML, not HTML: `_flow` is what escapes
        loader=FileSystemLoader(brought("manifests")),
        undefined=StrictUndefined,
        finalize=_flow,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals.clear()  # `namespace` is one: what is not given must be missing
    return environment


def _flow(value: object) -> str:
    """A value as JSON that YAML reads as the same: it knows no surrogate pairs."""
    return _PAIR.sub(_joined, json.dumps(value, default=_refused, allow_nan=False))


def _joined(pair: re.Match[str]) -> str:
    high, low = (int(half, 16) for half in pair.groups())
    return f"\\U{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00):08x}"


def _refused(value: object) -> Mapping[str, Any]:
    """Fail. What is not defined says its own name."""
    raise TypeError(f"{value} is not what JSON can say")
