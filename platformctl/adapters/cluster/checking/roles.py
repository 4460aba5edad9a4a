"""The Roles that allow what platformctl does, for docs/cluster.md.

`python -m platformctl.adapters.cluster.checking.roles` writes them into that page.
"""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from platformctl.adapters.cluster.checking.rights import RIGHTS, Right, namespace_of
from platformctl.domain.cluster import Images, Shape
from platformctl.domain.manifests import Manifest

PAGE = Path(__file__).parents[4] / "docs" / "cluster.md"

_BEGIN, _END = "<!-- roles -->", "<!-- end of roles -->"
_EXAMPLE = Shape("models", Images("", ""))


def roles(shape: Shape) -> Iterator[Manifest]:
    """The Roles, and a ClusterRole whose rights only look."""
    places = dict.fromkeys(namespace_of(right, shape) for right in RIGHTS)
    for place in sorted(places, key=lambda name: (not name, list(places).index(name))):
        metadata = {"name": "platformctl", "namespace": place} if place else {"name": "platformctl"}
        yield {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "Role" if place else "ClusterRole",
            "metadata": metadata,
            "rules": [_rule(right) for right in RIGHTS if namespace_of(right, shape) == place],
        }


def _rule(right: Right) -> Mapping[str, Any]:
    return {"apiGroups": [right.kind.group], "resources": [right.resource], "verbs": list(right.verbs)}


def page_text(current: str) -> str:
    """The page with its roles made anew."""
    before, begin, rest = current.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not (begin and end):
        raise ValueError(f"{PAGE} has lost its marks: {_BEGIN} … {_END}")
    text = yaml.safe_dump_all(roles(_EXAMPLE), sort_keys=False, default_flow_style=None, width=100)
    return f"{before}{_BEGIN}\n```yaml\n{text}```\n{_END}{after}"


if __name__ == "__main__":
    PAGE.write_text(page_text(PAGE.read_text()))
    sys.stdout.write(f"{PAGE}\n")
