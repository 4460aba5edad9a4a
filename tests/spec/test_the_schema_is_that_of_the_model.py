import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings

from platformctl.adapters.schema import COMMAND, PAGE_FILE, SCHEMA_FILE, page_text, schema, schema_text
from platformctl.adapters.spec_files import dump, parse
from platformctl.domain.deployment import ModelDeployment
from platformctl.domain.errors import SpecError
from tests.spec.strategies import DEPLOYMENTS, OF_OURS, VALID

pytestmark = pytest.mark.quick

ROOT = Path(__file__).parents[2]
VALIDATOR = jsonschema.Draft202012Validator(schema())
EXAMPLES = re.findall(r"```yaml\n(.*?)```", (ROOT / PAGE_FILE).read_text(encoding="utf-8"), re.DOTALL)

UNITS = {
    "cpu": "cores|percent",
    "memory": "bytes|percent",
    "canary": "percent",
    "min": "number of replicas|query's own unit",
    "max": "number of replicas|query's own unit",
    "threshold": "query's own unit|250ms",
    "concurrency": "requests at a time",
    "rps": "requests a second",
    "weight": "percent",
    "minRequests": "number of requests",
    "margin": "times the rate",
    "limit": "part of the requests",
    "failures": "number of times",
    "alpha": "chance",
    "keep": "number of previous revisions",
    "version": "number",
    "gpu": "number of GPUs",
    "count": "number of GPUs",
    "sharedMemory": "bytes",
    "tolerationSeconds": "seconds",
    "port": "port",
    "queue": "number of requests",
    "rows": "number of rows",
    "body": "bytes",
    "bodySeconds": "seconds",
    "accessLog": "share",
}


def fields() -> Iterator[tuple[str, dict[str, Any], bool]]:
    whole = schema()
    for shape in (whole, *whole["$defs"].values()):
        for name, field in shape.get("properties", {}).items():
            yield name, field, name in shape.get("required", [])


def test_the_committed_schema_is_generated() -> None:
    assert (ROOT / SCHEMA_FILE).read_text(encoding="utf-8") == schema_text(), f"run {COMMAND}"


def test_the_reference_page_is_generated() -> None:
    page = (ROOT / PAGE_FILE).read_text(encoding="utf-8")
    assert page == page_text(page), f"run {COMMAND}"


def test_a_page_without_its_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="has lost its marks"):
        page_text("# The spec\n")


def test_it_is_a_schema_of_2020_12() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    assert schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_every_field_has_a_description_and_a_default_or_is_required() -> None:
    found = list(fields())
    assert len(found) > 20
    for name, field, required in found:
        assert field.get("description", "").endswith("."), name
        assert required is ("default" not in field), name


def test_every_quantity_count_and_share_says_its_unit() -> None:
    seen = [(name, field["description"]) for name, field, _ in fields() if name in UNITS]
    assert {name for name, _ in seen} == UNITS.keys()
    for name, description in seen:
        assert re.search(UNITS[name], description), name


def test_every_number_is_one_of_those_with_a_unit() -> None:
    for name, field, _ in fields():
        choices = (field, *field.get("anyOf", []), *field.get("oneOf", []))
        kinds = {choice.get("type") for choice in choices}
        assert not kinds & {"integer", "number"} or name in UNITS, name


def test_the_examples_of_the_page_are_valid() -> None:
    assert len(EXAMPLES) == 9
    for example in EXAMPLES:
        VALIDATOR.validate(yaml.safe_load(example))
        assert parse(example).name == "churn"


@settings(max_examples=200, deadline=None)
@given(DEPLOYMENTS)
def test_what_platformctl_writes_is_valid(deployment: ModelDeployment) -> None:
    VALIDATOR.validate(yaml.safe_load(dump(deployment)))


def invalid(path: str, value: object) -> dict[str, Any]:
    document = copy.deepcopy(OF_OURS if path.startswith("spec.rollout") else VALID)
    *parents, last = path.split(".")
    place = document
    for step in parents:
        place = place[step]
    place[last] = value
    return document


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("replicas", 1),
        ("metadata.labels", {}),
        ("metadata.name", "Churn"),
        ("metadata.name", "a" * 38),
        ("spec.replicas", 1),
        ("spec.model.stage", "Production"),
        ("spec.model.alias", "v3"),
        ("spec.model.alias", "LATEST"),
        ("spec.model.alias", "a/b"),
        ("spec.model.name", "a/b"),
        ("spec.model.signature", "yes"),
        ("spec.predictor.arg", []),
        ("spec.predictor", {"class": "a:B", "image": "c"}),
        ("spec.predictor", "onnx"),
        ("spec.transformer", "auto"),
        ("spec.transformer.class", "a.B"),
        ("spec.resources.memory", "2GB"),
        ("spec.resources.gpu", -1),
        ("spec.resources.gpu", "1"),
        ("spec.model.allowVersionSkew", "yes"),
        ("spec.model.allowVersionSkew", 1),
        ("spec.model.trustedTypes", "a.B"),
        ("spec.model.trustedTypes", ["a b"]),
        ("spec.predictor", {"format": "sklaern"}),
        ("spec.predictor", {"format": "onnx", "output": "all"}),
        ("spec.predictor", {"format": "onnx", "class": "a:B"}),
        ("spec.transformer", {"features": {"cast": {"age": "int"}}}),
        ("spec.transformer", {"features": {"default": {"age": [1]}}}),
        ("spec.transformer", {"features": {"default": {"age": None}}}),
        ("spec.transformer", {"features": {"rename": {"age": 1}}}),
        ("spec.transformer", {"features": {}, "class": "a:B"}),
        ("spec.transformer", {"image": "a", "placement": "separate"}),
        ("spec.transformer.placement", "beside"),
        ("spec.serving.batch.rows", 0),
        ("spec.serving.batch.byRow", "yes"),
        ("spec.serving.limits.body", "32MB"),
        ("spec.serving.limits.bodySeconds", 0),
        ("spec.serving.accessLog", 1.5),
        ("spec.serving.accessLog", True),
        ("spec.scaling.min", -1),
        ("spec.scaling.max", 0),
        ("spec.scaling.concurrency", 0),
        ("spec.scaling.rps", 0),
        ("spec.scaling.min", "1"),
        ("spec.scaling.cpu", 0),
        ("spec.scaling.cpu", 101),
        ("spec.scaling.memory", "80%"),
        ("spec.scaling.prometheus", {"address": "http://p", "query": "q"}),
        ("spec.scaling.prometheus", {"address": "p:9090", "query": "q", "threshold": 1}),
        ("spec.scaling.prometheus", {"address": "http://p", "query": " ", "threshold": 1}),
        ("spec.scaling.prometheus", {"address": "http://p", "query": "q", "threshold": 0}),
        ("spec.resources.gpu", {"product": "L4"}),
        ("spec.resources.gpu.count", 0),
        ("spec.resources.gpu.resource", "gpu"),
        ("spec.resources.gpu.product", "NVIDIA L4"),
        ("spec.resources.gpu.sharedMemory", "1GB"),
        ("spec.resources.nodeSelector", ["disk"]),
        ("spec.resources.nodeSelector", {"a b": "c"}),
        ("spec.resources.nodeSelector", {"disk": True}),
        ("spec.resources.nodeSelector", {"disk": "a b"}),
        ("spec.resources.tolerations", {"key": "gpu"}),
        ("spec.resources.tolerations", [{"key": "gpu", "effect": "NoRun"}]),
        ("spec.resources.tolerations", [{"key": "gpu", "operator": "In"}]),
        ("spec.resources.tolerations", [{"key": "gpu", "seconds": 1}]),
        ("spec.predictor.port", 65_536),
        ("spec.predictor.protocol", "grpc"),
        ("spec.predictor.env", {"A": 1}),
        ("spec.predictor.env", {"1B": "1"}),
        ("spec.predictor.env", {"PYTHONPATH": "/src"}),
        ("spec.predictor.model", "yes"),
        ("spec.serving.image", ""),
        ("spec.scaling.max", 10_001),
        ("spec.rollout", []),
        ("spec.rollout.steps", []),
        ("spec.rollout.steps", [0, 100]),
        ("spec.rollout.steps", [10, 101]),
        ("spec.rollout.steps", ["10", 100]),
        ("spec.rollout.steps", [True, 100]),
        ("spec.rollout.steps", [{"weight": 10, "hold": 60}, 100]),
        ("spec.rollout.steps", [{"weight": 10, "gate": "auto"}, 100]),
        ("spec.rollout.steps", [{"weight": 10, "minRequests": -1}, 100]),
        ("spec.rollout.steps", [*range(1, 100), 100, 100]),
        ("spec.rollout.gates.errors", None),
        ("spec.rollout.gates.errors", "off"),
        ("spec.rollout.gates.error", {}),
        ("spec.rollout.gates.errors.margin", 1),
        ("spec.rollout.gates.errors.limit", 5),
        ("spec.rollout.gates.errors.limit", "0.5"),
        ("spec.rollout.gates.errors.unit", "windows"),
        ("spec.rollout.gates.latency.threshold", "250"),
        ("spec.rollout.gates.latency.threshold", 250),
        ("spec.rollout.gates.queries", [{"name": "a b", "query": "up", "max": 1}]),
        ("spec.rollout.gates.queries", [{"name": "a", "query": "", "max": 1}]),
        ("spec.rollout.gates.queries", [{"name": "a", "query": "up", "max": "1"}]),
        ("spec.rollout.gates.queries", [{"name": "a", "query": "up", "max": True}]),
        ("spec.rollout.gates.queries", [{"name": "a", "query": "up", "max": 1, "failures": 0}]),
        ("spec.rollout.alpha", 2),
        ("spec.rollout.onFail", "abort"),
        ("spec.rollout.onInconclusive", "pass"),
        ("spec.rollout.deadline", "2026-01-01"),
        ("spec.rollout.deadline", "-1h"),
        ("spec.rollout.bake", 600),
        ("spec.canary", 0),
        ("spec.canary", 100),
        ("spec.canary", "10%"),
        ("spec.keep", -1),
        ("spec.promotion.tag", "x"),
    ],
)
def test_schema_and_parser_refuse_the_same(path: str, value: object) -> None:
    document = invalid(path, value)
    assert not VALIDATOR.is_valid(document)
    with pytest.raises(SpecError):
        parse(json.dumps(document))


def test_schema_and_parser_take_the_same() -> None:
    for document in (VALID, OF_OURS):
        VALIDATOR.validate(document)
        assert parse(json.dumps(document)).name == "churn"
