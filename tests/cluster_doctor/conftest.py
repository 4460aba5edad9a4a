"""A namespace of a real cluster, and somebody in it who may do what docs/cluster.md says and nothing else."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from platformctl.adapters.cluster.api.client import Api, open_api
from platformctl.adapters.cluster.api.kubeconfig import Access
from platformctl.adapters.cluster.checking.roles import roles, roles_of_knative
from platformctl.domain.cluster import Images, Shape
from platformctl.domain.manifests import Manifest
from tests.cluster import kubectl
from tests.cluster.fixture import cluster, knative, kubeconfig, namespace, node

__all__ = ["cluster", "knative", "kubeconfig", "namespace", "node"]

_RBAC = "rbac.authorization.k8s.io"


@dataclass(frozen=True)
class Person:
    """Who asks the cluster."""

    name: str
    api: Api


@pytest.fixture
def shape(namespace: str) -> Shape:
    return Shape(namespace, Images("ghcr.io/team/a:1", "ghcr.io/team/b:1"))


@pytest.fixture
def nobody(kubeconfig: Path, namespace: str, tmp_path: Path) -> Person:
    """Somebody without any right: the administrator stands for her."""
    name = f"ada-{namespace}"
    document = yaml.safe_load(kubeconfig.read_text())
    for user in document["users"]:
        user["user"] |= {"as": name}
    own = tmp_path / "ada.yaml"
    own.write_text(yaml.safe_dump(document))
    return Person(name, open_api(Access(str(own)), namespace, {}))


@pytest.fixture
def allowed(kubeconfig: Path, nobody: Person, shape: Shape) -> Iterator[Person]:
    """The same with the Roles of the page, under names of this test's own."""
    with _given(kubeconfig, nobody, roles(shape)):
        yield nobody


@pytest.fixture
def allowed_knative(knative: Path, allowed: Person, shape: Shape) -> Iterator[Person]:
    """The same with those of Knative mode as well."""
    with _given(knative, allowed, roles_of_knative(shape)):
        yield allowed


@contextmanager
def _given(kubeconfig: Path, person: Person, several: Iterable[Manifest]) -> Iterator[None]:
    text = yaml.safe_dump_all([one for role in several for one in _bound(role, person.name)])
    kubectl.run(kubeconfig, "apply", "-f", "-", stdin=text)
    yield
    kubectl.run(kubeconfig, "delete", "--ignore-not-found", "-f", "-", stdin=text)


def _bound(role: Manifest, person: str) -> tuple[Manifest, Manifest]:
    own = role["metadata"]["name"].replace("platformctl", person)
    metadata = {**role["metadata"], "name": own}
    reference = {"apiGroup": _RBAC, "kind": role["kind"], "name": own}
    binding = {
        "apiVersion": f"{_RBAC}/v1",
        "kind": f"{role['kind']}Binding",
        "metadata": metadata,
        "roleRef": reference,
        "subjects": [{"apiGroup": _RBAC, "kind": "User", "name": person}],
    }
    return {**role, "metadata": metadata}, binding
