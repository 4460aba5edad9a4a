import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from platformctl import wiring
from platformctl.adapters import config
from platformctl.domain.errors import SpecError, Unreachable
from platformctl.domain.names import Name
from platformctl.domain.settings import Flags, Settings
from platformctl.wiring import cluster
from tests.fakes import RecordingReporter

pytestmark = pytest.mark.quick

NOBODY = "https://127.0.0.1:1"


def settings(folder: Path, text: str = "", flags: Flags | None = None) -> Settings:
    """What holds where the file says so; kubeconfig has two contexts, and nobody listens at either."""
    contexts = [
        {"name": name, "context": {"cluster": "c", "user": "", "namespace": namespace}}
        for name, namespace in (("prod-eu", "models"), ("kind", ""))
    ]
    clusters = [{"name": "c", "cluster": {"server": NOBODY}}]
    kubeconfig = {"current-context": "prod-eu", "contexts": contexts, "clusters": clusters}
    (folder / "kube.yaml").write_text(yaml.safe_dump(kubeconfig))
    context = f'context = "it"\n[contexts.it]\ntarget = "cluster"\nkubeconfig = "kube.yaml"\n{text}\n'
    (folder / "platformctl.toml").write_text(context)
    return config.settings(flags or Flags(), {"HOME": str(folder)}, folder)


def test_the_one_that_kubeconfig_says(tmp_path: Path) -> None:
    assert cluster.where(settings(tmp_path)) == "kube context prod-eu, namespace models"


def test_another_one_that_the_context_or_the_command_says(tmp_path: Path) -> None:
    other = settings(tmp_path, 'kube_context = "kind"')
    assert cluster.where(other) == "kube context kind, namespace default"
    flags = Flags(kube_context="kind", namespace="team")
    assert (
        cluster.where(settings(tmp_path, 'namespace = "models"', flags))
        == "kube context kind, namespace team"
    )


def test_a_mode_that_is_chosen_is_said(tmp_path: Path) -> None:
    said = "kube context prod-eu, namespace models, Knative mode for new deployments"
    assert cluster.where(settings(tmp_path, 'mode = "knative"')) == said
    assert cluster.where(settings(tmp_path, 'mode = "auto"')) == "kube context prod-eu, namespace models"


@pytest.mark.parametrize(("text", "mode"), [("", "namespace models)"), ('mode = "knative"', "Knative mode)")])
def test_what_can_be_done_is_what_the_chosen_mode_can(tmp_path: Path, text: str, mode: str) -> None:
    world = wiring.world(settings(tmp_path, text), RecordingReporter(), timedelta(seconds=1))
    can = world.target.capabilities(Name("churn"))
    assert can.target.endswith(mode)
    assert can.scales_in_place == (not text)


def test_the_namespace_is_that_of_what_is_rendered(tmp_path: Path) -> None:
    meant = settings(tmp_path, 'images = "ghcr.io/team"')
    shape = cluster.shape_of(meant, cluster.api_of(meant))
    assert shape.namespace == "models"
    assert shape.images.predictor.startswith("ghcr.io/team/platformctl-predictor:")


def test_nobody_is_asked_before_something_is(tmp_path: Path) -> None:
    world = wiring.world(settings(tmp_path), RecordingReporter(), timedelta(seconds=1))
    assert (
        world.target.capabilities(Name("churn")).target == "cluster (kube context prod-eu, namespace models)"
    )
    with pytest.raises(Unreachable, match="nothing listens"):
        world.target.observe(Name("churn"))


def test_a_context_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="has no context 'prod-us'"):
        wiring.world(
            settings(tmp_path, 'kube_context = "prod-us"'), RecordingReporter(), timedelta(seconds=1)
        )


def test_neither_the_client_nor_the_local_target_is_imported_for_it(tmp_path: Path) -> None:
    settings(tmp_path)
    program = (
        "import sys\nfrom datetime import timedelta\n"
        "from platformctl import wiring\nfrom platformctl.adapters import config\n"
        "from platformctl.domain.settings import Flags\n"
        "wiring.world(config.settings(Flags()), None, timedelta(seconds=1))\n"
        "print(*sorted(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    imported = set(done.stdout.split())
    assert "platformctl.adapters.cluster.target" in imported
    assert not imported & {"kubernetes", "mlflow", "jinja2", "platformctl.adapters.local.target"}
    assert "platformctl.adapters.cluster.knative.target" not in imported
