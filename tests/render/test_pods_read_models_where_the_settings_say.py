from pathlib import Path
from types import MappingProxyType

import pytest

from platformctl.adapters.registry.recorded import Recorded
from platformctl.domain.cluster import Images, Shape, Storage
from platformctl.domain.errors import SpecError
from platformctl.domain.names import Name
from platformctl.domain.progress import Said
from platformctl.domain.revision import ModelVersion
from platformctl.render import storage
from platformctl.usecases.render import Press, rendered
from platformctl.usecases.request import DeployRequest
from tests.fakes.clients import RecordingReporter
from tests.render import cases

pytestmark = pytest.mark.quick


def version(uri: str) -> ModelVersion:
    return ModelVersion(model="churn", version="4", uri=uri)


def mapped(**mapping: str) -> Storage:
    return Storage(MappingProxyType(mapping))


@pytest.mark.parametrize(
    "uri",
    [
        "s3://bucket/2/models/m-4/artifacts",
        "gs://bucket/m-4",
        "hf://team/churn:main",
        "oci://ghcr.io/team/churn:4",
        "oci+native://ghcr.io/team/churn:4",
        "pvc://claim/m-4",
        "hdfs://name/m-4",
        "mlflow-artifacts:/1/models/m-4/artifacts",
        "mlflow-artifacts://mlflow:5000/1/models/m-4/artifacts",
        "https://account.blob.core.windows.net/models/m-4",
        "https://example.com/models/churn.tar.gz",
    ],
)
def test_what_kserve_reads_stays_as_it_is(uri: str) -> None:
    assert storage.uri(version(uri), Storage()) == uri


@pytest.mark.parametrize(
    ("uri", "read"),
    [
        ("wasbs://c@acct.blob.core.windows.net/p/m-4", "https://acct.blob.core.windows.net/c/p/m-4"),
        ("wasb://c@acct.blob.core.windows.net", "https://acct.blob.core.windows.net/c"),
        ("abfss://c@acct.dfs.core.windows.net/p", "https://acct.blob.core.windows.net/c/p"),
    ],
)
def test_azure_is_read_by_its_web_address(uri: str, read: str) -> None:
    assert storage.uri(version(uri), Storage()) == read


@pytest.mark.parametrize(
    ("uri", "beginning", "replacement", "read"),
    [
        ("mlflow-artifacts:/1/m", "mlflow-artifacts:/", "s3://b/root", "s3://b/root/1/m"),
        ("mlflow-artifacts:/1/m", "mlflow-artifacts:/", "s3://b/root/", "s3://b/root/1/m"),
        ("mlflow-artifacts://host:5000/1/m", "mlflow-artifacts:/", "s3://b", "s3://b/1/m"),
        ("/srv/mlruns/1/m", "/srv/mlruns", "pvc://claim", "pvc://claim/1/m"),
        ("/srv/mlruns", "/srv/mlruns", "pvc://claim/all", "pvc://claim/all"),
        ("s3://old/1", "s3://old/", "s3://new/", "s3://new/1"),
        ("/data/1", "/data", "wasbs://c@a.blob.core.windows.net/x", "https://a.blob.core.windows.net/c/x/1"),
    ],
)
def test_a_beginning_is_replaced(uri: str, beginning: str, replacement: str, read: str) -> None:
    assert storage.uri(version(uri), mapped(**{beginning: replacement})) == read


def test_the_longest_beginning_wins() -> None:
    both = mapped(**{"/srv": "pvc://all", "/srv/mlruns": "pvc://runs"})
    assert storage.uri(version("/srv/mlruns/1"), both) == "pvc://runs/1"
    assert storage.uri(version("/srv/other/1"), both) == "pvc://all/other/1"


def test_a_beginning_ends_where_a_folder_does() -> None:
    with pytest.raises(SpecError, match="/srv/mlruns2/1"):
        storage.uri(version("/srv/mlruns2/1"), mapped(**{"/srv/mlruns": "pvc://runs"}))


@pytest.mark.parametrize(
    ("uri", "said", "hint"),
    [
        ("models:/churn/4", "a name inside MLflow", "name the version"),
        ("models:/m-4", "a name inside MLflow", "name the version"),
        ("runs:/abc/model", "a name inside MLflow", "name the version"),
        ("/srv/mlruns/1", "on this machine, at /srv/mlruns/1", "pvc://claim/folder"),
        ("file:///srv/mlruns/1", "on this machine", "pvc://claim/folder"),
        ("dbfs:/models/1", "KServe does not read dbfs: ", '"dbfs:/" = '),
        ("ftp://host/1", "KServe does not read ftp: ", '"ftp://" = '),
        ("https://mlflow/api/2.0/mlflow-artifacts/artifacts/1", "single files", '"https://mlflow/" = '),
    ],
)
def test_what_pods_cannot_read_is_refused_with_the_way_out(uri: str, said: str, hint: str) -> None:
    with pytest.raises(SpecError, match=said) as refused:
        storage.uri(version(uri), Storage())
    assert refused.value.field == "spec.model"
    assert refused.value.hint
    assert hint in refused.value.hint


def test_that_the_cluster_needs_our_downloader_is_said() -> None:
    (finding,) = storage.findings(version("mlflow-artifacts:/1/m"), Storage())
    assert "ClusterStorageContainer" in finding.message
    assert storage.findings(version("s3://b/m"), Storage()) == []


def test_what_the_cluster_needs_for_it_is_said_and_is_no_warning(tmp_path: Path) -> None:
    reporter, images = RecordingReporter(), Images("ghcr.io/team/p:1", "ghcr.io/team/t:1")
    proxied = Recorded(cases.record("mlflow-artifacts:/1/models", tmp_path))
    press = Press(proxied, Shape("team", images), reporter, str)
    assert rendered(press, DeployRequest(Name("churn")))
    (said,) = [event for event in reporter.events if "ClusterStorageContainer" in str(event)]
    assert isinstance(said, Said)
    assert "[contexts.NAME.storage]" in said.text
