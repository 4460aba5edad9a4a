from pathlib import Path

import pytest

from platformctl_predictors.exits import Exit
from platformctl_predictors.formats.custom import make
from platformctl_predictors.settings import UserClass
from tests.serving.process import ASSETS, run_to_end, serving, settings

pytestmark = pytest.mark.quick

SHOP = "name one of: Doubler, Explosive, Lazy, Needy, Picky, Tidy, Years"


def by_class(name: str) -> dict[str, str]:
    return {"class": name, "path": ASSETS}


def test_a_predictor_gets_its_name_and_folder_and_is_loaded(folder: Path) -> None:
    (folder / "factor.txt").write_text("3")
    content = settings(folder, folder, predictor={"kind": "class", **by_class("shop:Doubler")})
    with serving(content, folder) as server:
        assert server.v1([1, 2]).json() == {"predictions": [3, 6]}


def test_a_transformer_runs_around_the_predictor_in_its_process(models: Path, folder: Path) -> None:
    content = settings(models / "trusted", folder, transformer={"class": "shop:Years", "path": ASSETS})
    with serving(content, folder) as server:
        answer = server.v1([{"born": 1960}, {"born": 2000}], **{"x-caller": "ada"})
        assert answer.json() == {"predictions": ["ada: True", "ada: False"]}
        failed = server.v1([{"burn": 1960}])
        assert (failed.status_code, failed.json()) == (500, {"error": "KeyError: 'born'"})
        assert failed.headers["x-platformctl-revision"] == "churn-v4-3f9a1c"


@pytest.mark.parametrize(
    ("name", "cause", "hint"),
    [
        ("nowhere:Model", "No module named 'nowhere'", "set path to its folder"),
        (
            "shop:Nothing",
            "Nothing does not exist in",
            SHOP,
        ),
        (
            "shop:NotAModel",
            "not a subclass of kserve.Model",
            SHOP,
        ),
        ("broken:Model", "No module named 'a_library_that_nobody_has'", "install a_library_that"),
        ("shop:Needy", "cannot be constructed: TypeError", "called with the model's name"),
    ],
)
def test_a_class_that_cannot_be_used_says_why_and_what_there_is(
    folder: Path, name: str, cause: str, hint: str
) -> None:
    with pytest.raises(Exit) as caught:
        make(UserClass(**by_class(name)), "predictor", "churn", folder)
    assert caught.value.code == 64
    assert caught.value.cause.startswith(f"predictor.class: {name}")
    assert cause in caught.value.cause
    assert hint in caught.value.hint


def test_a_wrong_transformer_ends_the_process_before_the_model_is_loaded(folder: Path) -> None:
    wanted = {"class": "shop:NotAModel", "path": ASSETS}
    ended = run_to_end(settings(folder / "no-such-model", folder, transformer=wanted), folder)
    assert ended.code == 64
    assert [line["cause"].split(":")[0] for line in ended.lines] == ["transformer.class"]


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("shop:Doubler", "load() raised FileNotFoundError"),
        ("shop:Lazy", "load() returned without setting self.ready to True"),
    ],
)
def test_a_load_that_fails_is_a_bad_model(folder: Path, name: str, cause: str) -> None:
    with pytest.raises(Exit) as caught:
        make(UserClass(**by_class(name)), "predictor", "churn", folder)
    assert caught.value.code == 65
    assert cause in caught.value.cause


def test_a_stop_calls_the_models_own(folder: Path) -> None:
    content = settings(folder, folder, predictor={"kind": "class", **by_class("shop:Tidy")})
    with serving(content, folder) as server:
        assert not (folder / "stopped").exists()
        server.terminate()
        assert server.wait().code == 0
    assert (folder / "stopped").exists()


def test_a_model_that_refuses_its_own_example_is_served_all_the_same(folder: Path) -> None:
    """A refusal has no cause, which a search for a missing library must not go round in."""
    (folder / "serving_input_example.json").write_text('{"instances": ["one"]}')
    content = settings(folder, folder, predictor={"kind": "class", **by_class("shop:Picky")})
    with serving(content, folder) as server:
        assert "THE MODEL FAILS ON ITS OWN INPUT EXAMPLE" in server.log.read_text()
        assert server.v1([1]).json() == {"predictions": [1]}
        refused = server.v1(["one"])
        assert (refused.status_code, refused.json()) == (400, {"error": "a row is a whole number"})


def test_a_crash_exits_70_with_its_cause(folder: Path) -> None:
    content = settings(folder, folder, predictor={"kind": "class", **by_class("shop:Explosive")})
    ended = run_to_end(content, folder)
    assert (ended.code, len(ended.lines)) == (70, 1)
    assert ended.lines[0]["cause"] == "RuntimeError: the engine broke down"
    assert "Traceback" in ended.stderr
