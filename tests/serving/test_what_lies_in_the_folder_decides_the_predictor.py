import json
import pickle
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from platformctl_predictors.exits import Exit
from platformctl_predictors.formats.loading import Loaded
from platformctl_predictors.formats.picking import pick
from platformctl_predictors.inputs.reading import Reader
from platformctl_predictors.outputs import protocols
from platformctl_predictors.settings import FormatPredictor
from tests.serving.process import run_to_end, serving, settings

pytestmark = pytest.mark.quick


def load(model: Path, **wanted: Any) -> Loaded:
    return pick(model, FormatPredictor(**{"kind": "auto", **wanted}))


def ask(loaded: Loaded, *rows: object) -> Any:
    given = Reader(loaded.signature).v1({"instances": list(rows)})
    assert given is not None
    return protocols.v1(loaded.compute(given))


def failure(model: Path, **wanted: Any) -> Exit:
    with pytest.raises(Exit) as caught:
        load(model, **wanted)
    return caught.value


ROW = {"age": 50, "income": 2.5, "plan": "plus", "active": True, "since": "2024-01-01"}


@pytest.mark.parametrize(
    ("model", "row", "prediction", "reason"),
    [
        ("skops", ROW, 1, "scikit-learn flavour of MLmodel: model.skops, Pipeline.predict"),
        ("cloudpickle", ROW, 1, "scikit-learn flavour of MLmodel: model.pkl, Pipeline.predict"),
        ("pickle", ROW, [0, 1], "flavour of MLmodel: model.pkl, Pipeline.predict_proba"),
        ("trusted", {"age": 50}, True, "model.skops, DecisionTreeClassifier.predict"),
        ("tensor", [1, 2.5], 3.5, "model.skops, LinearRegression.predict"),
        ("bare", [1, 2.5], 3.5, "no MLmodel, so the only model file: model.joblib"),
        ("bare-frame", {"b": 2.5, "a": 1}, 3.5, "no MLmodel, so the only model file: model.pkl"),
    ],
)
def test_each_format_is_loaded_and_says_why(
    models: Path, model: str, row: object, *, prediction: object, reason: str
) -> None:
    loaded = load(models / model)
    (result,) = ask(loaded, row)["predictions"]
    assert result == pytest.approx(prediction, abs=1e-3)
    assert reason in loaded.pick.why


def test_standard_preprocessing_is_fused_and_the_reason_says_how_it_was_proven(models: Path) -> None:
    picked = load(models / "skops").pick
    assert picked.runtime == "fused"
    assert "preprocessing fused: StandardScaler, OneHotEncoder; equal on 2 example and" in picked.why
    assert picked.faster == ()  # a linear model is as fast as it gets


def test_what_is_faster_than_fused_trees_is_said_with_what_it_needs(folder: Path) -> None:
    rows = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [1.0, 0.0, 1.0]})
    model = make_pipeline(StandardScaler(), RandomForestRegressor(3)).fit(rows, [1, 2, 3])
    joblib.dump(model, folder / "model.pkl")
    inputs = json.dumps([{"name": name, "type": "double"} for name in rows])
    flavors = {"sklearn": {"pickled_model": "model.pkl"}, "python_function": {}}
    (folder / "MLmodel").write_text(json.dumps({"flavors": flavors, "signature": {"inputs": inputs}}))
    picked = load(folder).pick
    assert picked.runtime == "fused"
    assert [way.runtime for way in picked.faster] == ["onnx"]
    assert "platformctl model onnx NAME" in picked.faster[0].needs


def test_what_is_in_the_way_of_fusing_is_named(folder: Path) -> None:
    rows = np.ones((3, 2))
    model = make_pipeline(FunctionTransformer(np.tanh), LinearRegression())
    joblib.dump(model.fit(pd.DataFrame(rows, columns=["a", "b"]), [1, 2, 3]), folder / "model.pkl")
    picked = load(folder).pick
    assert picked.runtime == "pipeline"
    assert "preprocessing not fused: " in picked.why
    assert "FunctionTransformer" in picked.why
    assert [way.runtime for way in picked.faster] == ["onnx", "fused"]
    assert "FunctionTransformer" in picked.faster[1].needs


def test_fused_and_as_saved_give_the_same(models: Path) -> None:
    fused, plain = (load(models / "pickle", kind=kind) for kind in ("sklearn", "pipeline"))
    assert (fused.pick.runtime, plain.pick.runtime) == ("fused", "pipeline")
    assert "as it was saved, by the settings" in plain.pick.why
    rows = [ROW, {**ROW, "age": 21}, {**ROW, "plan": "basic", "age": 40}]
    assert ask(fused, *rows) == ask(plain, *rows)


@pytest.mark.parametrize(
    ("model", "wanted", "cause"),
    [
        ("moods", {"kind": "sklearn"}, "predictor.kind is sklearn, and there is no scikit-learn model"),
        ("moods", {"kind": "pipeline"}, "MLmodel are python_function"),
        ("bare", {"kind": "pyfunc"}, "predictor.kind is pyfunc, and"),
        ("moods", {"kind": "auto", "output": "both"}, "predictor.output: "),
        ("skops", {"kind": "pyfunc", "output": "label"}, "is served by pyfunc"),
    ],
)
def test_settings_that_ask_for_what_the_model_is_not_are_refused(
    models: Path, model: str, wanted: dict[str, Any], cause: str
) -> None:
    ended = failure(models / model, **wanted)
    assert ended.code == 64
    assert cause in ended.cause
    assert "leave predictor." in ended.hint


def test_a_bare_file_is_served_and_the_log_says_why(models: Path, folder: Path) -> None:
    with serving(settings(models / "bare", folder), folder) as server:
        assert server.v1([[1, 2.5], [0, 1]]).json() == {"predictions": pytest.approx([3.5, 1])}
        log = server.log.read_text()
        assert "predictor: pipeline: no MLmodel, so the only model file" in log
        assert "faster would be onnx; it needs an export that is equal enough: `platformctl model onnx" in log


def test_a_model_with_type_hints_gets_its_rows_as_they_are(models: Path, folder: Path) -> None:
    with serving(settings(models / "hinted", folder), folder) as server:
        assert server.v1(["a", "abc"]).json() == {"predictions": [1, 3]}
        refused = server.v1([{"text": 1}])
        assert refused.status_code == 400
        assert "str" in refused.json()["error"]
        files = {path.name for path in folder.iterdir()}
    assert files == {"serving.json", "log", "s"}  # MLflow leaves no database behind


def imported_by(code: str, *arguments: str) -> set[str]:
    """The modules that a fresh Python has after running the code."""
    program = f"import sys\n{code}\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], check=True, capture_output=True, text=True
    )
    return set(done.stdout.split())


def test_mlflow_is_imported_for_other_flavours_only(models: Path) -> None:
    load = (
        "from pathlib import Path\nfrom platformctl_predictors.formats.picking import pick\n"
        "from platformctl_predictors.settings import FormatPredictor\n"
        "pick(Path(sys.argv[1]), FormatPredictor(kind='auto'))"
    )
    modules = imported_by(load, str(models / "skops"))
    assert "sklearn" in modules
    assert not modules & {"mlflow", "kserve", "onnxruntime"}


def test_settings_need_pydantic_only() -> None:
    modules = imported_by("import platformctl_predictors.settings")
    assert "pydantic" in modules
    assert not modules & {"kserve", "numpy", "pandas", "sklearn", "mlflow", "yaml"}


def test_the_model_folder_on_the_command_line_wins(models: Path, folder: Path) -> None:
    content = settings(Path("/nonexistent"), folder)
    with serving(content, folder, "--model-dir", str(models / "bare")) as server:
        assert server.v1([[1, 1]]).status_code == 200


def test_a_type_that_nobody_trusts_is_named(models: Path, folder: Path) -> None:
    model = shutil.copytree(models / "trusted", folder / "m")
    text = (model / "MLmodel").read_text()
    declared = "    skops_trusted_types:\n    - sklearn.tree._tree.Tree\n"
    assert declared in text
    (model / "MLmodel").write_text(text.replace(declared, ""))
    ended = failure(model)
    assert ended.code == 65
    assert ended.cause.endswith("trusted: sklearn.tree._tree.Tree")
    assert "skops_trusted_types" in ended.hint
    assert "--trust-type sklearn.tree._tree.Tree" in ended.hint
    loaded = load(model, trusted_types=["sklearn.tree._tree.Tree"])
    assert ask(loaded, {"age": 50}) == {"predictions": [True]}


def test_a_bare_skops_file_needs_its_types_trusted_too(models: Path, folder: Path) -> None:
    (folder / "m").mkdir()
    shutil.copy(models / "trusted" / "model.skops", folder / "m")
    assert failure(folder / "m").code == 65
    assert load(folder / "m", trusted_types=["sklearn.tree._tree.Tree"]).pick.why.startswith("no MLmodel")


@pytest.mark.parametrize(
    ("files", "cause"),
    [
        ([], "has no MLmodel, and no model file; it holds: nothing"),
        (["weights.bin"], "has no MLmodel, and no model file; it holds: weights.bin"),
        (["model.pkl", "model.joblib"], "has no MLmodel, and model.joblib and model.pkl; it holds"),
    ],
)
def test_a_bare_folder_needs_exactly_one_model_file(folder: Path, files: list[str], cause: str) -> None:
    (folder / "m").mkdir()
    for name in files:
        (folder / "m" / name).write_bytes(b"x")
    ended = failure(folder / "m")
    assert ended.code == 65
    assert cause in ended.cause


@pytest.mark.parametrize("name", ["skops", "cloudpickle"])
def test_a_file_that_is_cut_off_is_a_corrupt_model(models: Path, folder: Path, name: str) -> None:
    model = shutil.copytree(models / name, folder / "m")
    path = next(iter(model.glob("model.*")))
    path.write_bytes(path.read_bytes()[:-500])
    ended = failure(model)
    assert ended.code == 65
    assert str(path) in ended.cause


@pytest.mark.parametrize("text", ["flavors: [", "utc_time: 1\n", "flavors: {}\nsignature: {inputs: 'x'}\n"])
def test_an_mlmodel_that_cannot_be_read_is_a_corrupt_model(folder: Path, text: str) -> None:
    (folder / "m").mkdir()
    (folder / "m" / "MLmodel").write_text(text)
    ended = failure(folder / "m")
    assert ended.code == 65
    assert "MLmodel is corrupt" in ended.cause


def test_what_cannot_be_loaded_by_other_libraries_names_both_versions(models: Path, folder: Path) -> None:
    model = shutil.copytree(models / "cloudpickle", folder / "m")
    (model / "model.pkl").write_bytes(b"csklearn.linear_model\nGoneRegression\n.")
    (model / "requirements.txt").write_text("scikit-learn==0.24.2\nnumpy\n")
    (model / "MLmodel").write_text(without_version((model / "MLmodel").read_text()))
    ended = failure(model)
    assert ended.code == 66
    assert "GoneRegression" in ended.cause
    assert "scikit-learn 0.24.2 is wanted, 1." in ended.cause


def without_version(text: str) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if "sklearn_version" not in line)


def test_a_library_that_is_missing_is_named(folder: Path) -> None:
    (folder / "m").mkdir()
    (folder / "m" / "model.pkl").write_bytes(b"ca_library_that_nobody_has\nModel\n.")
    ended = failure(folder / "m")
    assert ended.code == 66
    assert "install a_library_that_nobody_has" in ended.hint


def test_a_file_without_an_estimator_is_no_model(folder: Path) -> None:
    (folder / "m").mkdir()
    (folder / "m" / "model.pkl").write_bytes(pickle.dumps({"weights": [1, 2]}))
    ended = failure(folder / "m")
    assert ended.code == 65
    assert "holds a dict, which has no predict()" in ended.cause


def test_a_zip_that_is_no_skops_file_is_a_corrupt_model(folder: Path) -> None:
    (folder / "m").mkdir()
    with zipfile.ZipFile(folder / "m" / "model.skops", "w") as archive:
        archive.writestr("schema.json", json.dumps({"protocol": 1}))
    ended = failure(folder / "m")
    assert ended.code == 65


@pytest.mark.parametrize(("pickled", "code"), [(b"x", 65), (b"cnobody_has_it\nModel\n.", 66)])
def test_the_process_ends_with_the_code_and_one_line(folder: Path, pickled: bytes, code: int) -> None:
    (folder / "m").mkdir()
    (folder / "m" / "model.pkl").write_bytes(pickled)
    ended = run_to_end(settings(folder / "m", folder), folder)
    assert ended.code == code
    assert [line["code"] for line in ended.lines] == [code]
