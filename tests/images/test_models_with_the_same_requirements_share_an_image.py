from collections.abc import Mapping
from dataclasses import replace

import pytest

from platformctl.domain.errors import SpecError
from platformctl.domain.revision import ModelInfo
from platformctl.domain.version_ref import Exact
from platformctl.usecases.image import Request, Wanted, Workshop, plan
from tests.fakes import FakeRegistry, FakeVersion
from tests.images.heard import Heard

pytestmark = pytest.mark.quick

REQUIREMENTS = "scikit-learn==1.7.2\nnumpy==2.3.1\n"
SKLEARN = ModelInfo(flavor="sklearn", has_mlmodel=True, python_version="3.12.4")


def wanted(requirements: str | None, info: ModelInfo = SKLEARN, /, **request: object) -> Wanted:
    """The image of a model with these requirements."""
    files = {"MLmodel": b"flavors: {}"}
    if requirements is not None:
        files["requirements.txt"] = requirements.encode()
    return of_files(files, info, **request)[0]


def of_files(
    files: Mapping[str, bytes], info: ModelInfo = SKLEARN, /, **request: object
) -> tuple[Wanted, Heard]:
    registry, heard = FakeRegistry(), Heard()
    registry.register("churn", FakeVersion(files=files, info=info))
    workshop = Workshop(registry, heard, source="5e12", version="0.1.0")
    (image,) = plan(workshop, replace(Request(model="churn"), **request))  # type: ignore[arg-type] # its fields
    return image, heard


def test_order_comments_and_blanks_do_not_matter() -> None:
    other = "# of the second model\nnumpy==2.3.1   # pinned\n\nscikit-learn \\\n  ==1.7.2\n"
    assert wanted(REQUIREMENTS).reference == wanted("numpy==2.3.1\nscikit-learn==1.7.2").reference
    assert wanted(other).recipe.files.keys() == wanted(REQUIREMENTS).recipe.files.keys()


def test_the_tag_is_twelve_digits_of_what_decides_what_is_in_it() -> None:
    image = wanted(REQUIREMENTS)
    assert image.reference == f"localhost/platformctl-model:{image.recipe.digest[:12]}"
    assert image.recipe.base == "docker.io/library/python:3.12-slim-bookworm"
    assert image.recipe.arguments["PYTHON"] == "3.12"


@pytest.mark.parametrize(
    "other",
    [
        wanted("scikit-learn==1.7.1\nnumpy==2.3.1\n"),
        wanted(REQUIREMENTS, base="ghcr.io/team/python:3.12"),
        wanted(REQUIREMENTS, build_base="docker.io/library/python:3.12-bookworm"),
        wanted(REQUIREMENTS, extras=("pyfunc",)),
        wanted(REQUIREMENTS, SKLEARN.model_copy(update={"python_version": "3.11.9"})),
        wanted(REQUIREMENTS, SKLEARN.model_copy(update={"flavor": "lightgbm"})),
    ],
)
def test_what_is_in_it_changes_its_name(other: Wanted) -> None:
    assert other.reference != wanted(REQUIREMENTS).reference


def test_other_servers_are_another_image() -> None:
    image = wanted(REQUIREMENTS)
    newer = replace(image.recipe, source="77aa")
    assert newer.tag != image.recipe.tag


def test_lists_and_wheels_that_it_names_come_along() -> None:
    image, _ = of_files(
        {
            "MLmodel": b"",
            "requirements.txt": b"-r more/base.txt\n-c constraints.txt\nwheels/ours-1.0-py3-none-any.whl\n",
            "more/base.txt": b"numpy\n",
            "constraints.txt": b"numpy<3\n",
            "wheels/ours-1.0-py3-none-any.whl": b"\x50\x4b",
        }
    )
    assert image.recipe.files == {
        "predictors/model/requirements.txt": b"-c constraints.txt\n-r more/base.txt\n"
        b"wheels/ours-1.0-py3-none-any.whl\n",
        "predictors/model/more/base.txt": b"numpy\n",
        "predictors/model/constraints.txt": b"numpy<3\n",
        "predictors/model/wheels/ours-1.0-py3-none-any.whl": b"\x50\x4b",
    }


@pytest.mark.parametrize(
    "line",
    [
        "-e .",
        "/home/ann/ours-1.0.whl",
        "ours @ file:///home/ann/ours-1.0.whl",
        "./ours",
        "../ours-1.0-py3-none-any.whl",
        "--find-links /home/ann/wheels",
    ],
)
def test_what_is_on_somebodys_machine_is_refused(line: str) -> None:
    with pytest.raises(SpecError) as refused:
        wanted(f"numpy\n{line}\n")
    assert line in str(refused.value)
    assert refused.value.hint


@pytest.mark.parametrize(
    "line",
    [
        "ours @ https://pypi.example.com/ours-1.0-py3-none-any.whl",
        "-e git+https://git.example.com/ours@v1#egg=ours",
        "--find-links https://pypi.example.com/wheels",
        'numpy==2.3.1 ; python_version >= "3.11"',
    ],
)
def test_what_everybody_can_reach_is_taken(line: str) -> None:
    assert set(wanted(line).recipe.files) == {"predictors/model/requirements.txt"}


def test_mlflow_is_left_out_where_nothing_imports_it_and_that_is_said() -> None:
    files = {"MLmodel": b"", "requirements.txt": b"mlflow==3.1.0\nscikit-learn==1.7.2\n"}
    lean, heard = of_files(files)
    assert lean.recipe.files["predictors/model/requirements.txt"] == b"scikit-learn==1.7.2\n"
    assert any("without mlflow==3.1.0" in text and "--extra pyfunc" in text for text in heard.texts)
    whole, _ = of_files(files, extras=("pyfunc",))
    assert b"mlflow==3.1.0" in whole.recipe.files["predictors/model/requirements.txt"]
    other, _ = of_files(files, SKLEARN.model_copy(update={"flavor": "xgboost"}))
    assert b"mlflow==3.1.0" in other.recipe.files["predictors/model/requirements.txt"]


def test_what_loads_the_model_is_there_although_nobody_said_so() -> None:
    skops, _ = of_files({"MLmodel": b"serialization_format: skops", "requirements.txt": b"scikit-learn\n"})
    assert skops.recipe.files["predictors/model/requirements.txt"] == b"scikit-learn\nskops\n"
    export, _ = of_files({"MLmodel": b"", "requirements.txt": b"numpy\n", "onnx/gate.json": b"{}"})
    assert export.recipe.arguments["EXTRAS"] == "onnx"
    assert wanted("lightgbm", ModelInfo(flavor="lightgbm")).recipe.arguments["PACKAGES"] == "libgomp1"


def test_a_model_without_requirements_is_served_by_the_stock_image() -> None:
    with pytest.raises(SpecError, match=r"has no requirements\.txt") as refused:
        wanted(None)
    assert refused.value.hint == "platformctl image build makes the stock images"


def test_a_python_that_the_servers_do_not_run_on_is_refused() -> None:
    with pytest.raises(SpecError, match=r"was made with Python 3\.9; the model servers run on 3\.11, "):
        wanted(REQUIREMENTS, ModelInfo(python_version="3.9.18"))


def test_a_version_needs_a_model() -> None:
    workshop = Workshop(FakeRegistry(), Heard(), source="5e12", version="0.1.0")
    with pytest.raises(SpecError, match="a version of which model"):
        plan(workshop, Request(version=Exact(2)))


def test_it_says_which_version_it_is_for() -> None:
    _, heard = of_files({"MLmodel": b"", "requirements.txt": b"numpy\n"})
    assert heard.texts[0] == "churn v1: the newest version"
    _, quiet = of_files({"MLmodel": b"", "requirements.txt": b"numpy\n"}, version=Exact(1))
    assert quiet.texts == []
