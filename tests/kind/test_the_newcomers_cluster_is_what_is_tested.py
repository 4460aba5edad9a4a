import re
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.cluster import components, image_names
from tests.kind.kind import pinned

pytestmark = pytest.mark.quick


def test_the_versions_are_those_of_the_test_cluster() -> None:
    pins = pinned()
    store = re.search(r"versitygw (v\S+)", (components.GO / "versitygw/go.mod").read_text())
    assert store is not None
    assert pins["KSERVE"] == image_names.KSERVE_VERSION
    assert pins["ENVOY_GATEWAY"] == image_names.GATEWAY.rpartition(":")[2]
    assert pins["VERSITYGW"] == store[1]
    assert pins["MLFLOW"] == f"v{version('mlflow')}"


def test_every_version_is_used() -> None:
    root = Path(__file__).parents[2]
    text = (root / "hack/kind.sh").read_text()
    assert [name for name in pinned() if f"${name}" not in text] == []
