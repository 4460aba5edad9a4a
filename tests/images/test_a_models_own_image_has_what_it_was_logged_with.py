"""A model logged with pinned libraries has an image with these, shared by all models that pin the same."""

import zipfile
from pathlib import Path

import pytest

from tests.images.conftest import Build
from tests.images.container import Place, running
from tests.mlflow_server import log_churn_like_models, mlflow_server
from tests.ports import free_port

pytestmark = [pytest.mark.full, pytest.mark.timeout(900)]


def bring_a_wheel(model: Path) -> None:
    """Put a library of one's own beside a model, as `mlflow models` can."""
    wheel = model / "wheels" / "ours-1.0-py3-none-any.whl"
    wheel.parent.mkdir()
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in {
            "ours.py": "",
            "ours-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: ours\nVersion: 1.0\n",
            "ours-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            "ours-1.0.dist-info/RECORD": "",
        }.items():
            archive.writestr(zipfile.ZipInfo(name), text)  # the same bytes each time
    with (model / "requirements.txt").open("a") as requirements:
        requirements.write(f"\n{wheel.relative_to(model)}\n")


def test_two_versions_share_one_image_that_serves_them(place: Place, build: Build, tmp_path: Path) -> None:
    with mlflow_server(tmp_path) as registry:
        log_churn_like_models(registry.uri, tmp_path, "churn", "pinned", "pinned")
        models = sorted(logged.parent for logged in tmp_path.rglob("MLmodel"))
        for model in models:
            bring_a_wheel(model)
        (image,), (same,) = (
            build("churn", "--version", version, "--registry", registry.uri) for version in "12"
        )
    assert image["reference"] == same["reference"]
    assert (image["built"], same["built"]) == (True, False)
    settings = {
        "schema_version": 1,
        "model_name": "churn",
        "revision": "churn-v1-3f9a1c",
        "predictor": {"kind": "auto", "output": "label"},
        "listen": {"host": "127.0.0.1", "http": free_port()},
    }
    with running(place, image["reference"], settings, models[0]) as container:
        rows = {"instances": [{"tenure": 1.0, "fee": 9.0}, {"tenure": 40.0, "fee": 1.0}]}
        assert container.post("/v1/models/churn:predict", rows)["predictions"] == [1, 0]
        versions = "import importlib.metadata as m; print(m.version('tabulate'), m.version('ours'))"
        assert container.inside(versions) == "0.9.0 1.0"
        present = (
            "import importlib.util as u; print(*(u.find_spec(n) is not None for n in ('skops', 'mlflow')))"
        )
        assert container.inside(present) == "True False"
