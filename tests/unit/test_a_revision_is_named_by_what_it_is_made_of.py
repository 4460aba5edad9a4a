import re

import pytest

from platformctl.domain.components import Image
from platformctl.domain.features import Features
from platformctl.domain.names import NAME_LIMIT, Name
from platformctl.domain.options import Batch, Limits, ServerOptions
from platformctl.domain.resources import Gpu, Resources, Toleration
from platformctl.domain.revision import ByFormat, Code, ModelInfo, ModelVersion, Revision

pytestmark = pytest.mark.quick

MODEL = ModelVersion(model="churn", version="4", model_id="m-1", uri="mlflow-artifacts:/1/models/m-1")
CODE = Code(class_="shop.serve:Churn", path="/home/ada/src", content="ab" * 32)
CHURN = Revision(deployment=Name("churn"), model=MODEL, predictor=CODE, transformer=CODE)
FOLDER = ModelVersion(model="churn", version=None, uri="/home/ada/model", content="cd" * 32)


def _model(**changes: object) -> Revision:
    return CHURN.model_copy(update={"model": MODEL.model_copy(update=changes)})


def test_a_name_is_the_same_on_every_machine_and_in_every_version() -> None:
    plain = Revision(deployment=Name("churn"), model=MODEL)
    assert plain.id == "churn-v4-b57c0e"
    assert CHURN.id == "churn-v4-c449a6"
    assert Revision(deployment=Name("churn"), model=FOLDER).id == "churn-files-498313"


def test_what_was_deployed_before_there_were_formats_and_options_keeps_its_whole_digest() -> None:
    plain = Revision(deployment=Name("churn"), model=MODEL)
    code = CHURN.model_copy(update={"resources": Resources(cpu="500m", memory="1Gi")})
    assert plain.digest == "b57c0e8080e76445cc1934740920f83b1d362d5ad605a5cbdbf6e83c3f9c3234"
    assert code.digest == "bdc240bf72da9ca0283ad59ebe71d276f771d95631464f912ff120c5bfb68077"


@pytest.mark.parametrize(
    ("changes", "digest"),
    [
        (
            {"predictor": Image(image="churn:1")},
            "5fc001d3ebca24e854a1969df101a9b463db32b7c0297808df3fed6595e919d7",
        ),
        (
            {"transformer": Image(image="churn:1", args=("--fast",))},
            "6f81aea6c8967cd18a29eb72604f401e3ffa6cbbdd406dac6188dbff10043dc5",
        ),
        ({"resources": Resources(gpu=1)}, "7565cd3544f9b1f25a8fbbbfd5ebc90a481fe0f5af7db47b2c4bec6a70a761ff"),
        (
            {"serving": ServerOptions(access_log=0.5)},
            "8588fb7e6790aa7dcdb7090247e0c797d237ddf31c83c3c30e1e2f6d582fe665",
        ),
    ],
)
def test_what_was_deployed_before_there_were_clusters_keeps_its_whole_digest(
    changes: dict[str, object], digest: str
) -> None:
    plain = Revision(deployment=Name("churn"), model=MODEL)
    assert plain.model_copy(update=changes).digest == digest


def test_a_default_that_is_written_out_is_a_default() -> None:
    written = {"placement": "collocated", "serving": ServerOptions(batch=Batch(rows=64), access_log=0)}
    resources = Resources(gpu=0, node_selector={}, tolerations=())
    assert CHURN.model_copy(update={**written, "resources": resources}).id == CHURN.id


def test_an_image_whose_defaults_are_written_out_is_the_same() -> None:
    plain = CHURN.model_copy(update={"predictor": Image(image="churn:1")})
    written = Image(image="churn:1", args=(), port=8080, env={}, protocol="v1", model=True)
    assert CHURN.model_copy(update={"predictor": written}).id == plain.id


def test_gpus_have_one_name_however_their_number_is_written() -> None:
    ways: list[int | Gpu] = [2, Gpu(count=2), Gpu(count=2, resource="nvidia.com/gpu")]
    assert len({CHURN.model_copy(update={"resources": Resources(gpu=way)}).id for way in ways}) == 1


def test_columns_are_in_the_name_in_whatever_order_they_were_written() -> None:
    one, other = ({"a": "b", "c": "d"}, {"c": "d", "a": "b"})
    names = {CHURN.model_copy(update={"transformer": Features(rename=r)}).id for r in (one, other)}
    assert len(names) == 1


def test_one_and_true_are_different_defaults() -> None:
    names = {
        CHURN.model_copy(update={"transformer": Features(default={"a": value})}).id
        for value in (1, True, 1.0)
    }
    assert len(names) == 3


def test_the_same_input_has_the_same_name() -> None:
    assert Revision.model_validate_json(CHURN.model_dump_json()).id == CHURN.id


@pytest.mark.parametrize(
    "other",
    [
        _model(info=ModelInfo(flavor="sklearn", has_signature=True, size_bytes=10)),
        CHURN.model_copy(update={"predictor": CODE.model_copy(update={"path": "/somewhere/else"})}),
        CHURN.model_copy(update={"transformer": CODE.model_copy(update={"path": "/somewhere/else"})}),
    ],
    ids=["what the model says of itself", "where the predictor's class lies", "where the transformer's lies"],
)
def test_what_decides_nothing_is_not_in_the_name(other: Revision) -> None:
    assert other != CHURN
    assert other.id == CHURN.id


def test_what_is_changed_in_a_copy_is_changed_in_its_name() -> None:
    assert CHURN.id == "churn-v4-c449a6"
    assert CHURN.model_copy(update={"resources": Resources(cpu="2")}).id != CHURN.id


def test_where_a_folder_lies_is_not_in_the_name() -> None:
    moved = FOLDER.model_copy(update={"uri": "/srv/model"})
    names = {Revision(deployment=Name("churn"), model=model).id for model in (FOLDER, moved)}
    assert len(names) == 1


@pytest.mark.parametrize(
    "other",
    [
        CHURN.model_copy(update={"deployment": Name("churn-eu")}),
        _model(model="other"),
        _model(version="5"),
        _model(model_id="m-2"),
        _model(uri="mlflow-artifacts:/1/models/m-2"),
        _model(content="ef" * 32),
        CHURN.model_copy(update={"predictor": "auto"}),
        CHURN.model_copy(update={"predictor": CODE.model_copy(update={"class_": "shop.serve:Other"})}),
        CHURN.model_copy(update={"predictor": CODE.model_copy(update={"content": "ef" * 32})}),
        CHURN.model_copy(update={"predictor": Image(image="churn:1")}),
        CHURN.model_copy(update={"predictor": Image(image="churn:1", args=("--fast",))}),
        CHURN.model_copy(update={"transformer": None}),
        CHURN.model_copy(update={"transformer": Image(image="features:1")}),
        CHURN.model_copy(update={"resources": Resources(cpu="2")}),
        CHURN.model_copy(update={"resources": Resources(memory="4Gi")}),
        CHURN.model_copy(update={"resources": Resources(gpu=1)}),
        CHURN.model_copy(update={"resources": Resources(gpu=Gpu(count=1, product="NVIDIA-L4"))}),
        CHURN.model_copy(update={"resources": Resources(gpu=Gpu(count=1, shared_memory="1Gi"))}),
        CHURN.model_copy(update={"resources": Resources(node_selector={"disk": "ssd"})}),
        CHURN.model_copy(update={"resources": Resources(tolerations=(Toleration(operator="Exists"),))}),
        CHURN.model_copy(update={"predictor": Image(image="churn:1", port=8000)}),
        CHURN.model_copy(update={"predictor": Image(image="churn:1", env={"THREADS": "2"})}),
        CHURN.model_copy(update={"predictor": Image(image="churn:1", protocol="v2")}),
        CHURN.model_copy(update={"predictor": Image(image="churn:1", model=False)}),
        CHURN.model_copy(update={"serving": ServerOptions(image="churn:1")}),
        CHURN.model_copy(update={"predictor": ByFormat(format="onnx")}),
        CHURN.model_copy(update={"predictor": ByFormat(output="both")}),
        CHURN.model_copy(update={"predictor": ByFormat(allow_version_skew=True)}),
        CHURN.model_copy(update={"predictor": ByFormat(trusted_types=("a.B",))}),
        CHURN.model_copy(update={"transformer": Features()}),
        CHURN.model_copy(update={"transformer": Features(select=("a", "b"))}),
        CHURN.model_copy(update={"transformer": Features(select=("b", "a"))}),
        CHURN.model_copy(update={"placement": "separate"}),
        CHURN.model_copy(update={"serving": ServerOptions(batch=Batch(by_row=True))}),
        CHURN.model_copy(update={"serving": ServerOptions(limits=Limits(body="1Mi"))}),
        CHURN.model_copy(update={"serving": ServerOptions(access_log=0.5)}),
    ],
    ids=lambda revision: revision.digest[:6],
)
def test_whatever_decides_what_is_served_changes_the_name(other: Revision) -> None:
    assert other.digest != CHURN.digest
    assert other.id != CHURN.id


def test_arguments_are_in_the_name_in_their_order() -> None:
    orders = [("--a", "--b"), ("--b", "--a"), ("--a --b",)]
    revisions = [CHURN.model_copy(update={"predictor": Image(image="c:1", args=args)}) for args in orders]
    assert len({revision.digest for revision in revisions}) == 3


def test_every_field_is_either_part_of_the_identity_or_known_not_to_be() -> None:
    """A field that is added is part of it where it is not the default: decide, then say so here."""
    first = {"deployment", "model", "predictor", "transformer", "resources"}
    assert set(Revision.model_fields) == first | {"placement", "serving"}
    assert set(Resources.model_fields) == {"cpu", "memory", "gpu", "node_selector", "tolerations"}
    assert set(Gpu.model_fields) == {"count", "resource", "product", "shared_memory"}
    assert set(Image.model_fields) == {"image", "args", "port", "env", "protocol", "model"}
    assert set(ServerOptions.model_fields) == {"batch", "limits", "access_log", "image"}
    assert set(ModelVersion.model_fields) == {"model", "version", "model_id", "uri", "content", "info"}
    assert set(Code.model_fields) == {"class_", "path", "content"}


def test_a_name_fits_into_a_kubernetes_label_with_its_longest_suffix() -> None:
    longest = _model(version="99999").model_copy(update={"deployment": Name("a" * NAME_LIMIT)})
    assert len(f"{longest.id}-transformer") == 63
    assert re.fullmatch(r"[a-z]([-a-z0-9]*[a-z0-9])?", longest.id)


def test_people_say_the_model_and_its_version_or_the_folder() -> None:
    assert MODEL.label == "churn v4"
    assert FOLDER.label == "/home/ada/model"
