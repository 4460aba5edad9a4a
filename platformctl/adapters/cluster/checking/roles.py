"""The Roles that allow what platformctl does, for docs/cluster.md.

`python -m platformctl.adapters.cluster.checking.roles` writes them into that page.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from platformctl.adapters.cluster.checking.rights import RIGHTS, Right, namespace_of
from platformctl.domain.cluster import Images, Mode, Shape
from platformctl.domain.manifests import Manifest

PAGE = Path(__file__).parents[4] / "docs" / "cluster.md"

_BEGIN, _END = "<!-- roles -->", "<!-- end of roles -->"
_BEGIN_KNATIVE, _END_KNATIVE = "<!-- roles of Knative mode -->", "<!-- end of roles of Knative mode -->"
_EXAMPLE = Shape("models", Images("", ""))


def roles(shape: Shape) -> Iterator[Manifest]:
    """The Roles that Standard mode takes, and a ClusterRole whose rights only look."""
    return _roles("platformctl", shape, [right for right in RIGHTS if right.mode is not Mode.KNATIVE])


def roles_of_knative(shape: Shape) -> Iterator[Manifest]:
    """Those that Knative mode takes beside them."""
    return _roles("platformctl-knative", shape, [right for right in RIGHTS if right.mode is Mode.KNATIVE])


def _roles(name: str, shape: Shape, rights: Sequence[Right]) -> Iterator[Manifest]:
    places = dict.fromkeys(namespace_of(right, shape) for right in rights)
    for place in sorted(places, key=lambda name: (not name, list(places).index(name))):
        here = [right for right in rights if namespace_of(right, shape) == place]
        yield {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "Role" if place else "ClusterRole",
            "metadata": {"name": name, "namespace": place} if place else {"name": name},
            "rules": list(_rules(here)),
        }


def _rules(rights: Sequence[Right]) -> Iterator[Mapping[str, Any]]:
    """A rule a resource; what is only useful has a rule of its own."""
    verbs: dict[tuple[str, str, bool], list[str]] = {}
    for right in rights:
        verbs.setdefault((right.kind.group, right.resource, right.needed), []).extend(right.verbs)
    for (group, resource, _), several in verbs.items():
        yield {"apiGroups": [group], "resources": [resource], "verbs": several}


def page_text(current: str) -> str:
    """The page with its roles made anew."""
    text = _between(current, _BEGIN, _END, roles(_EXAMPLE))
    return _between(text, _BEGIN_KNATIVE, _END_KNATIVE, roles_of_knative(_EXAMPLE))


def _between(current: str, begin: str, end: str, made: Iterator[Manifest]) -> str:
    before, found, rest = current.partition(begin)
    _, ended, after = rest.partition(end)
    if not (found and ended):
        raise ValueError(f"{PAGE} has lost its marks: {begin} … {end}")
    text = yaml.safe_dump_all(made, sort_keys=False, default_flow_style=None, width=100)
    return f"{before}{begin}\n```yaml\n{text}```\n{end}{after}"


if __name__ == "__main__":
    PAGE.write_text(page_text(PAGE.read_text()))
    sys.stdout.write(f"{PAGE}\n")
