"""Whatever a spec says reaches the model servers in settings that their schema takes."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import settings as examples

from platformctl.adapters.local import served
from platformctl.adapters.local.home import Home
from platformctl.adapters.local.units import Role, units
from platformctl.domain.components import CodeClass, FeatureTransformer, Format, Image
from platformctl.domain.deployment import Spec
from platformctl.domain.features import Features
from platformctl.domain.names import Name
from platformctl.domain.options import Batch, Limits, ServerOptions
from platformctl.domain.resources import Gpu, Resources
from platformctl.domain.revision import ByFormat, Code, ModelVersion, Revision
from tests.spec.strategies import SPECS

pytestmark = pytest.mark.quick

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas" / "serving.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
HOME = Home(Path("/home/ann/.local/share/platformctl"))
GPUS = Gpu(count=2, product="NVIDIA-L4")
PLAIN = Revision(
    deployment=Name("churn"), model=ModelVersion(model="churn", version="4", uri="/artifacts/churn/4")
)


def settings_of(revision: Revision) -> dict[str, Any]:
    """The settings of the processes of one replica, by role."""
    return {
        unit.role: json.loads(served.settings(HOME, revision, unit)) for unit in units(revision, range(1))
    }


def revised(spec: Spec) -> Revision:
    """A revision of that spec, without what is pinned by looking at files."""
    predictor: Any = spec.predictor
    if isinstance(predictor, Format):
        predictor = ByFormat(**predictor.model_dump(), trusted_types=spec.model.trusted_types)
    transformer: Any = spec.transformer
    if isinstance(transformer, FeatureTransformer):
        transformer = transformer.features
    return PLAIN.model_copy(
        update={
            "predictor": _coded(predictor),
            "transformer": _coded(transformer),
            "placement": getattr(spec.transformer, "placement", "collocated"),
            "serving": spec.serving,
            "resources": spec.resources,
        }
    )


def _coded(component: Any) -> Any:  # a part of a spec
    if isinstance(component, CodeClass):
        return Code(class_=component.class_, path=component.path, content="ab")
    return component


@examples(max_examples=100, deadline=None)
@given(SPECS.filter(lambda spec: not {type(spec.predictor), type(spec.transformer)} & {Image}))
def test_every_spec_gives_valid_settings(spec: Spec) -> None:
    for content in settings_of(revised(spec)).values():
        VALIDATOR.validate(content)


def test_a_default_is_not_written() -> None:
    assert set(settings_of(PLAIN)[Role.SERVER]) == {
        *("schema_version", "model_name", "revision", "model_dir", "predictor", "transformer", "listen")
    }


def test_what_the_spec_says_is_what_the_server_reads() -> None:
    serving = ServerOptions(
        batch=Batch(rows=32, by_row=True),
        limits=Limits(queue=10, rows=99, body="1.5Mi", body_seconds=5),
        access_log=0.25,
    )
    chosen = ByFormat(format="onnx", output="both", allow_version_skew=True, trusted_types=("a.B",))
    content = settings_of(
        PLAIN.model_copy(update={"predictor": chosen, "serving": serving, "resources": Resources(gpu=GPUS)})
    )[Role.SERVER]
    assert content["predictor"] == {
        "kind": "onnx",
        "output": "both",
        "allow_version_skew": True,
        "trusted_types": ["a.B"],
    }
    assert content["batch"] == {"rows": 32, "by_row": True}
    assert content["limits"] == {"queue": 10, "rows": 99, "body_bytes": 1_572_864, "body_seconds": 5.0}
    assert (content["gpu"], content["access_log"]) == (2, 0.25)


def test_a_separate_transformer_asks_the_predictor_where_that_listens() -> None:
    features = Features(rename={"Age": "age"}, select=("age",))
    serving = ServerOptions(batch=Batch(rows=8), limits=Limits(rows=7), access_log=1)
    both = settings_of(
        PLAIN.model_copy(
            update={
                "transformer": features,
                "placement": "separate",
                "serving": serving,
                "resources": Resources(gpu=1),
            }
        )
    )
    transformer, predictor = both[Role.TRANSFORMER], both[Role.PREDICTOR]
    assert transformer["predictor"] == {"kind": "remote", "address": f"unix:{predictor['listen']['grpc']}"}
    assert transformer["transformer"] == {"features": {"rename": {"Age": "age"}, "select": ["age"]}}
    assert (set(transformer["listen"]), set(predictor["listen"])) == ({"unix"}, {"unix", "grpc"})
    assert (predictor["predictor"], predictor["transformer"]) == ({"kind": "auto"}, None)
    assert (predictor["batch"], predictor["gpu"]) == ({"rows": 8}, 1)
    assert transformer["limits"] == predictor["limits"] == {"rows": 7}
    assert {"batch", "gpu"} & transformer.keys() == {"access_log"} & predictor.keys() == set()
    assert len({*both[Role.PREDICTOR]["listen"].values(), *transformer["listen"].values()}) == 3
