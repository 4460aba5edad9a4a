import importlib.metadata
import subprocess
from pathlib import Path

import pytest

from platformctl.adapters.local import environments
from platformctl.adapters.local.requirements import THIS_PYTHON, Needs, differences
from platformctl.domain.errors import SpecError
from platformctl.domain.requirements import lines
from platformctl.domain.revision import ByFormat, ModelInfo
from tests.fakes.values import revision

pytestmark = pytest.mark.quick

JOBLIB = importlib.metadata.version("joblib")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing\n\n",
        f"joblib=={JOBLIB}",
        f"joblib=={JOBLIB}  # as logged\n",
        "joblib>=1.0\nnumpy\n",
        "JobLib",
        'nothing-of-the-kind==1; python_version < "3"',
        f"joblib \\\n  =={JOBLIB}",
    ],
)
def test_what_is_installed_needs_no_environment(text: str) -> None:
    assert differences(Needs(text)) == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("joblib==0.1", f"joblib==0.1 (installed: {JOBLIB})"),
        ("nothing-of-the-kind", "nothing-of-the-kind (not installed)"),
        ("-r other.txt", "-r other.txt"),
        ("--index-url https://example.com", "--index-url https://example.com"),
        ("pandas[excel]", "pandas[excel]"),
        ("joblib @ https://example.com/joblib.whl", "joblib @ https://example.com/joblib.whl"),
        (f"joblib=={JOBLIB} --hash=sha256:00", f"joblib=={JOBLIB} --hash=sha256:00"),
        ("./wheels/mine.whl", "./wheels/mine.whl"),
        ("joblib=1", "joblib=1"),
    ],
)
def test_what_differs_or_only_an_installer_understands_does(text: str, why: str) -> None:
    assert differences(Needs(text)) == [why]


def test_another_python_does_and_another_patch_of_it_does_not() -> None:
    assert differences(Needs("", "3.9.1")) == [f"Python 3.9 (here: {THIS_PYTHON})"]
    assert differences(Needs("", f"{THIS_PYTHON}.99")) == []


def test_comments_and_continuations_are_not_requirements() -> None:
    assert list(lines("a  # why\n#b\n c \\\n  ==1\n\nd#e")) == ["a", "c ==1", "d#e"]


def test_an_environment_is_named_by_what_is_in_it(tmp_path: Path) -> None:
    one = environments.digest(tmp_path, Needs("joblib==1.4\nnumpy"))
    assert environments.digest(tmp_path, Needs("numpy # first\njoblib==1.4\n")) == one
    assert environments.digest(tmp_path, Needs("joblib==1.3\nnumpy")) != one
    assert environments.digest(tmp_path, Needs("joblib==1.4\nnumpy", "3.12")) != one


def test_a_file_that_requirements_name_is_part_of_that(tmp_path: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_text("joblib==1.4")
    one = environments.digest(tmp_path, Needs("-r other.txt"))
    other.write_text("joblib==1.3")
    assert environments.digest(tmp_path, Needs("-r other.txt")) != one


@pytest.mark.parametrize(
    ("files", "change", "needed"),
    [
        ({"model.joblib": ""}, {}, set()),
        ({"model.onnx": ""}, {}, {"onnx"}),
        ({"model.pkl": "", "onnx/model.onnx": ""}, {}, {"onnx"}),
        ({"model.pkl": ""}, {"predictor": ByFormat(format="onnx")}, {"onnx"}),
        ({"model.pkl": ""}, {"predictor": ByFormat(format="pyfunc")}, set()),
        ({"model.onnx": "", "requirements.txt": "onnxruntime-gpu==1.22\n"}, {}, set()),
    ],
)
def test_onnx_runtime_is_installed_for_what_it_may_serve(
    tmp_path: Path, files: dict[str, str], change: dict[str, object], needed: set[str]
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    needs = environments.needs_of(tmp_path, revision(1).model_copy(update=change))
    assert needs.extras == needed
    plain = environments.digest(tmp_path, Needs(needs.requirements))
    assert (environments.digest(tmp_path, needs) != plain) is bool(needed)


def test_onnx_runtime_is_installed_for_mlflows_flavour_of_it(tmp_path: Path) -> None:
    plain = revision(1)
    model = plain.model.model_copy(update={"info": ModelInfo(flavor="onnx", python_version="3.11.7")})
    needs = environments.needs_of(tmp_path, plain.model_copy(update={"model": model}))
    assert (needs.extras, needs.python) == (frozenset({"onnx"}), "3.11.7")


def test_a_python_that_no_server_runs_on_is_refused() -> None:
    with pytest.raises(SpecError, match=r"made with Python 3\.9; the model servers run on") as refused:
        environments.find_python("3.9")
    assert f"again with Python {THIS_PYTHON}" in (refused.value.hint or "")


def test_a_python_that_is_not_here_is_named_with_those_that_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    listed = [environments.uv(), "python", "list", "--only-installed"]
    here = subprocess.run(listed, capture_output=True, text=True, check=True).stdout
    absent = [minor for minor in ("3.11", "3.12", "3.13") if f"cpython-{minor}." not in here]
    if not absent:
        pytest.skip("a Python that is not here: this machine has them all")
    with pytest.raises(SpecError, match=f"Python {absent[0]}, which is not on this machine") as refused:
        environments.find_python(absent[0])
    assert THIS_PYTHON in str(refused.value)
    assert f"uv python install {absent[0]}" in (refused.value.hint or "")
