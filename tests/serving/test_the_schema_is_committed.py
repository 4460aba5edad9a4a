import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from pydantic import ValidationError

from platformctl_predictors.settings import Settings

pytestmark = pytest.mark.quick

ROOT = Path(__file__).parents[2]
MINIMAL = {"schema_version": 1, "model_name": "churn", "revision": "churn-v4-3f9a1c"}


def committed() -> dict[str, object]:
    loaded: dict[str, object] = json.loads((ROOT / "schemas" / "serving.schema.json").read_text())
    return loaded


def test_the_committed_schema_is_the_generated_one() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "platformctl_predictors.settings"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout == (ROOT / "schemas" / "serving.schema.json").read_text()


@pytest.mark.parametrize(
    ("change", "valid"),
    [
        ({}, True),
        ({"predictor": {"kind": "class", "class": "a.b:C", "path": None}}, True),
        ({"transformer": {"class": "a:B", "path": "/x"}}, True),
        ({"listen": {"host": "127.0.0.1", "http": 1, "grpc": None}}, True),
        ({"listen": {"unix": "/run/x.sock"}}, True),
        ({"listen": {"unix": "/run/x.sock", "http": 8080}}, False),
        ({"listen": {"unix": "x.sock"}}, False),
        ({"predictor": {"kind": "class"}}, False),
        ({"predictor": {"kind": "auto", "class": "a:B"}}, False),
        ({"model_name": "a/b"}, False),
        ({"revision": "line\nbreak"}, False),
        ({"schema_version": 2}, False),
        ({"extra": 1}, False),
    ],
)
def test_schema_and_server_agree(change: dict[str, object], *, valid: bool) -> None:
    document = {**MINIMAL, **change}
    by_schema = jsonschema.Draft202012Validator(committed()).is_valid(document)
    try:
        Settings.model_validate_json(json.dumps(document))
        by_server = True
    except ValidationError:
        by_server = False
    assert (by_schema, by_server) == (valid, valid)


def test_defaults_are_those_of_the_contract() -> None:
    settings = Settings.model_validate(MINIMAL)
    assert settings.model_dump(mode="json", by_alias=True) == {
        **MINIMAL,
        "model_dir": "/mnt/models",
        "predictor": {"kind": "auto", "output": None, "allow_version_skew": False, "trusted_types": []},
        "transformer": None,
        "listen": {"host": "0.0.0.0", "http": 8080, "grpc": None},  # noqa: S104 the contract's
        "gpu": 0,
        "batch": {"rows": 64, "by_row": None},
        "limits": {"queue": 1000, "rows": 100_000, "body_bytes": 33_554_432, "body_seconds": 30.0},
        "access_log": 0.0,
    }
