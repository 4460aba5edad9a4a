import json
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.examples.copies import copy, run
from tests.serving.process import Server, serving, settings
from tests.transformers.conftest import folder

__all__ = ["folder"]

pytestmark = pytest.mark.quick

CUSTOMERS = [{"calls": [20, 15], "plan": " Plus ", "months": 3}, {"calls": [], "plan": "basic", "months": 9}]


def wheel(example: Path, place: Path) -> Path:
    """The wheel that `uv build` makes of the example, without asking a registry for the build's tools."""
    project = tomllib.loads((example / "pyproject.toml").read_text())["project"]
    stem = f"{project['name']}-{project['version']}"
    made = place / f"{stem}-py3-none-any.whl"
    about = f"{stem}.dist-info"
    with zipfile.ZipFile(made, "w") as archive:
        for path in sorted((example / "src").rglob("*.py")):
            archive.write(path, path.relative_to(example / "src"))
        archive.writestr(
            f"{about}/METADATA",
            f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n",
        )
        archive.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{about}/RECORD", "")
    return made


def scores(server: Server) -> None:
    assert server.v1([{"income": 40000, "years": 3}]).json() == {"predictions": [595.0]}
    refused = server.v1([{"income": 1}])
    assert (refused.status_code, refused.json()) == (400, {"error": "missing: years"})
    about = server.http.get("/platformctl/about").json()
    assert (about["runtime"], about["batch"]["by_row"]) == ("class", True)


def test_a_predictor_serves_from_its_folder(folder: Path) -> None:
    example = copy("custom-predictor", folder)
    predictor = {"kind": "class", "class": "scorecard.server:Scorecard", "path": str(example / "src")}
    model = run(example, "scorecard.make")
    with serving(settings(model, folder, predictor=predictor, batch={"by_row": True}), folder) as server:
        scores(server)


def test_a_predictor_serves_from_its_wheel(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    example = copy("custom-predictor", folder)
    model = run(example, "scorecard.make")
    installed = folder / "installed"
    uv = Path(sys.executable).with_name("uv")
    made = wheel(example, folder)
    command = [
        str(part) for part in (uv, "pip", "install", "--quiet", "--no-deps", "--target", installed, made)
    ]
    subprocess.run(command, check=True)
    shutil.rmtree(example / "src")
    monkeypatch.setenv("PYTHONPATH", str(installed))
    shipped = json.loads((example / "serving.json").read_text())
    content = settings(model, folder, predictor=shipped["predictor"], batch=shipped["batch"])
    with serving(content, folder) as server:
        scores(server)


def test_a_transformer_serves_with_its_model(folder: Path) -> None:
    example = copy("custom-transformer", folder)
    transformer = {"class": "customers.prepare:Prepare", "path": str(example / "src")}
    model = run(example, "customers.train")
    with serving(settings(model, folder, transformer=transformer), folder) as server:
        assert server.v1(CUSTOMERS).json() == {"predictions": ["leaves", "stays"]}
        refused = server.v1([{"calls": 3}])
        assert (refused.status_code, refused.json()["error"][:6]) == (400, "row 0:")
        assert "fits the predictor" in server.log.read_text()
