import logging
import shutil
import warnings
import zipfile
from pathlib import Path

import joblib
import numpy as np
import pytest
import skops.io
from sklearn import __version__ as installed
from sklearn.linear_model import LinearRegression

from platformctl_predictors.exits import Exit
from platformctl_predictors.formats.picking import pick
from platformctl_predictors.settings import FormatPredictor
from tests.serving.process import run_to_end, settings

pytestmark = pytest.mark.quick

OLD = f"0{installed[1:]}"  # as long as the true one, so that it can be written in its place


def bare(folder: Path, suffix: str) -> Path:
    """A model file that says that an old version wrote it."""
    model = LinearRegression().fit(np.eye(2), [1, 2])
    path = folder / f"model{suffix}"
    if suffix == ".skops":
        skops.io.dump(model, path)
        with zipfile.ZipFile(path) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content.replace(installed.encode(), OLD.encode()))
    else:
        joblib.dump(model, path)
        path.write_bytes(path.read_bytes().replace(installed.encode(), OLD.encode()))
    return path


def flavored(models: Path, folder: Path) -> Path:
    model = shutil.copytree(models / "skops", folder / "flavored")
    text = (model / "MLmodel").read_text()
    declared = f"sklearn_version: {installed}"
    assert declared in text
    (model / "MLmodel").write_text(text.replace(declared, f"sklearn_version: {OLD}"))
    return model


def refusal(folder: Path, kind: str = "auto") -> Exit:
    with pytest.raises(Exit) as caught:
        pick(folder, FormatPredictor.model_validate({"kind": kind}))
    return caught.value


def says_both_versions_and_the_ways_out(ended: Exit) -> bool:
    versions = f"was trained with scikit-learn {OLD}, and {installed} is installed" in ended.cause
    ways = all(way in ended.hint for way in ("requirements.txt", "image", "--allow-version-skew"))
    return ended.code == 66 and versions and ways and "predictor.allow_version_skew" in ended.hint


@pytest.mark.parametrize("suffix", [".pkl", ".joblib", ".skops"])
def test_a_bare_file_is_refused_with_both_versions(tmp_path: Path, suffix: str) -> None:
    bare(tmp_path, suffix)
    assert says_both_versions_and_the_ways_out(refusal(tmp_path))


@pytest.mark.parametrize("kind", ["auto", "sklearn", "pipeline", "pyfunc"])
def test_a_flavour_is_refused_before_anything_is_loaded(models: Path, tmp_path: Path, kind: str) -> None:
    model = flavored(models, tmp_path)
    (model / "model.skops").write_bytes(b"never read")
    assert says_both_versions_and_the_ways_out(refusal(model, kind))


@pytest.mark.parametrize("suffix", [".joblib", ".skops"])
def test_allowed_it_is_served_and_the_log_says_so(
    tmp_path: Path, suffix: str, caplog: pytest.LogCaptureFixture
) -> None:
    bare(tmp_path, suffix)
    with caplog.at_level(logging.WARNING):
        loaded = pick(tmp_path, FormatPredictor(kind="auto", allow_version_skew=True))
    assert loaded.pick.runtime in ("fused", "pipeline")
    assert f"scikit-learn {OLD}, and {installed} is installed: allowed by the settings" in caplog.text


def test_a_file_that_cannot_even_be_loaded_names_the_version_that_it_says(tmp_path: Path) -> None:
    """Not: the file is damaged."""
    path = bare(tmp_path, ".pkl")
    path.write_bytes(path.read_bytes().replace(b"LinearRegression", b"GoneXXRegression"))
    assert says_both_versions_and_the_ways_out(refusal(tmp_path))


def test_a_warning_while_loading_stops_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    joblib.dump(Warning_(), tmp_path / "model.joblib")
    with caplog.at_level(logging.WARNING):
        pick(tmp_path, FormatPredictor(kind="auto"))
    assert "UserWarning: made by an odd machine" in caplog.text


class Warning_(LinearRegression):  # type: ignore[misc]  # noqa: N801 scikit-learn ships no types; a class that warns
    def __setstate__(self, state: object) -> None:
        warnings.warn("made by an odd machine", UserWarning, stacklevel=2)


def test_the_process_ends_with_66_and_the_way_out(models: Path, folder: Path) -> None:
    ended = run_to_end(settings(flavored(models, folder), folder), folder)
    assert ended.code == 66
    assert "--allow-version-skew" in ended.lines[-1]["hint"]
