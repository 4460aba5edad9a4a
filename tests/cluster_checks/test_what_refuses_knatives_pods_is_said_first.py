"""A namespace may refuse pods for what Knative and KServe put into them; that is said first."""

import json
from typing import Any

import pytest

from platformctl.adapters.cluster.api.client import Api
from platformctl.adapters.cluster.checking import checks
from platformctl.adapters.cluster.checking.check import Check
from platformctl.domain.cluster import Mode
from platformctl.domain.errors import Refused
from platformctl.domain.names import Name
from platformctl.domain.observed import Finding, Severity
from platformctl.domain.revision import ModelVersion, Revision, Scale
from tests.cluster_checks import conftest as parts
from tests.cluster_checks import knative_parts as knative
from tests.cluster_checks.conftest import SHAPE, Server
from tests.cluster_checks.knative_parts import Answer

pytestmark = pytest.mark.quick

ERROR, WARNING = Severity.ERROR, Severity.WARNING
FORBIDDEN: Answer = (403, {"kind": "Status", "reason": "Forbidden", "message": 'User "a" cannot list'})


@pytest.fixture(autouse=True)
def _installed(server: Server) -> None:
    knative.install(server)


def wrong(api: Api, mode: Mode = Mode.KNATIVE) -> list[Check]:
    """What `doctor` says."""
    return [check for check in checks.all_of(api, SHAPE, mode) if check.severity is not None]


def found(api: Api, uri: str = "s3://a/b") -> list[Finding]:
    """What `deploy` says, but for what it tells in any case."""
    version = ModelVersion(model="churn", version="1", uri=uri)
    made = checks.knative_findings(api, SHAPE, Revision(deployment=Name("churn"), model=version), Scale())
    return [finding for finding in made if finding.severity is not Severity.INFO]


def patched(hint: str, beginning: str) -> Any:
    """The data of the one command that a hint has."""
    assert hint.startswith(beginning)
    return json.loads(hint.partition(" -p '")[2].partition("'")[0])


def downloads(server: Server, *containers: Any) -> None:
    server.answers[knative.STORAGE_CONTAINERS] = (200, {"items": list(containers)})


def test_a_downloader_without_a_seccomp_profile_is_refused_where_restricted_is_enforced(
    api: Api, server: Server
) -> None:
    downloads(server, knative.storage_container("s3", profile="Unconfined"))
    (finding,) = found(api)
    assert (finding.severity, finding.field) == (ERROR, "spec.model")
    assert finding.message == (
        "pod security: restricted, which the namespace enforces, lets no pod in to which KServe adds the "
        "ClusterStorageContainer s3, which has no seccompProfile"
    )
    spec = patched(finding.hint, "kubectl patch clusterstoragecontainer s3 --type merge -p ")
    assert spec == {
        "spec": {"container": {"securityContext": {"seccompProfile": {"type": "RuntimeDefault"}}}}
    }
    (check,) = wrong(api)
    assert (check.name, check.severity, check.hint) == ("pod security", WARNING, finding.hint)


@pytest.mark.parametrize("profile", ["RuntimeDefault", "Localhost"])
def test_with_a_profile_it_passes(api: Api, server: Server, profile: str) -> None:
    downloads(server, knative.storage_container(profile=profile))
    assert found(api) == []
    assert wrong(api) == []


@pytest.mark.parametrize("level", ["baseline", "privileged", None])
def test_where_less_is_enforced_nobody_needs_one(api: Api, server: Server, level: str | None) -> None:
    downloads(server, knative.storage_container())
    labels = {"pod-security.kubernetes.io/enforce": level} if level else {}
    namespace = {"metadata": {"labels": labels}, "status": {"phase": "Active"}}
    server.answers[parts.NAMESPACE] = (200, namespace)
    assert found(api) == []
    assert wrong(api) == []


def test_only_what_downloads_this_model_stops_it(api: Api, server: Server) -> None:
    ours = knative.storage_container("ours", profile="RuntimeDefault")
    off = knative.storage_container("off", disabled=True)
    job = knative.storage_container("job")
    job["spec"]["workloadType"] = "localModelDownloadJob"
    downloads(server, off, job, knative.storage_container("other", "gs://"), ours)
    assert found(api) == []
    assert found(api, "pvc://models/churn") == []
    assert [finding.field for finding in found(api, "gs://a/b")] == ["spec.model"]
    assert [check.hint.split()[3] for check in wrong(api)] == ["other"]


def test_a_downloader_is_no_trouble_in_standard_mode(api: Api, server: Server) -> None:
    downloads(server, knative.storage_container())
    (check,) = wrong(api, Mode.STANDARD)
    assert check.severity is WARNING
    assert check.text.endswith("(for Knative mode)")
    version = ModelVersion(model="churn", version="1", uri="s3://a/b")
    assert checks.findings(api, SHAPE, Revision(deployment=Name("churn"), model=version), Scale()) == []


@pytest.mark.parametrize(
    ("wanted", "patch"),
    [
        (("requests.memory",), {"queue-sidecar-memory-request": "400Mi"}),
        (("memory", "requests.cpu"), {"queue-sidecar-memory-request": "400Mi"}),
        (("limits.memory",), {"queue-sidecar-memory-limit": "800Mi"}),
        (("limits.cpu", "cpu"), {"queue-sidecar-cpu-limit": "1000m"}),
        (
            ("requests.memory", "limits.cpu", "limits.memory"),
            {
                "queue-sidecar-memory-request": "400Mi",
                "queue-sidecar-cpu-limit": "1000m",
                "queue-sidecar-memory-limit": "800Mi",
            },
        ),
    ],
)
def test_a_quota_that_wants_what_queue_proxy_does_not_name_is_refused_with_the_command(
    api: Api, server: Server, wanted: tuple[str, ...], patch: dict[str, str]
) -> None:
    server.answers[knative.QUOTAS] = knative.quotas(*wanted)
    (check,) = wrong(api)
    assert (check.name, check.severity) == ("quota", ERROR)
    assert check.text.startswith("quota team of namespace models wants each container to name ")
    data = patched(
        check.hint, "kubectl patch configmap -n knative-serving config-deployment --type merge -p "
    )
    assert data == {"data": patch}
    with pytest.raises(Refused) as caught:
        found(api)
    assert (caught.value.message, caught.value.hint) == (check.text, check.hint)
    assert [one.severity for one in wrong(api, Mode.STANDARD)] == [WARNING]
    usual = {"queue-sidecar-image": "queue:1"}
    server.answers[knative.CONFIG_MAPS] = knative.config(config_deployment={**usual, **patch})
    assert wrong(api) == []
    assert found(api) == []


@pytest.mark.parametrize(
    "quota",
    [
        knative.quotas(),
        knative.quotas("requests.cpu", "requests.nvidia.com/gpu", "limits.ephemeral-storage"),
        knative.quotas("requests.memory", scopes=("Terminating",)),
        knative.quotas("limits.memory", scopes=("BestEffort",)),
        knative.quotas("limits.memory", selected="PriorityClass"),
    ],
)
def test_a_quota_that_wants_nothing_of_it_is_none_of_our_business(
    api: Api, server: Server, quota: Answer
) -> None:
    server.answers[knative.QUOTAS] = quota
    assert wrong(api) == []


def test_a_quota_on_pods_that_run_on_counts(api: Api, server: Server) -> None:
    scopes = ("NotTerminating", "NotBestEffort")
    server.answers[knative.QUOTAS] = knative.quotas("requests.memory", scopes=scopes)
    assert [check.name for check in wrong(api)] == ["quota"]


@pytest.mark.parametrize(
    "maps",
    [
        {"config_features": {"queueproxy.resource-defaults": "enabled"}},
        {"config_deployment": {"queueSidecarMemoryLimit": "1Gi", "queueSidecarCPULimit": "1"}},
    ],
)
def test_what_knative_names_otherwise_is_enough(api: Api, server: Server, maps: dict[str, Any]) -> None:
    server.answers[knative.QUOTAS] = knative.quotas("requests.memory", "limits.cpu", "limits.memory")
    server.answers[knative.CONFIG_MAPS] = knative.config(**maps)
    assert wrong(api) == []


def test_a_limit_range_names_it_for_every_container(api: Api, server: Server) -> None:
    server.answers[knative.QUOTAS] = knative.quotas("requests.memory", "limits.cpu")
    server.answers[knative.LIMIT_RANGES] = knative.limit_range(
        defaultRequest={"memory": "64Mi"}, default={"cpu": "1"}
    )
    assert wrong(api) == []
    server.answers[knative.LIMIT_RANGES] = knative.limit_range(default={"memory": "1Gi"})
    (check,) = wrong(api)
    assert patched(check.hint, "kubectl patch")["data"] == {"queue-sidecar-cpu-limit": "1000m"}
    server.answers[knative.LIMIT_RANGES] = knative.limit_range("Pod", default={"cpu": "1", "memory": "1Gi"})
    assert len(patched(wrong(api)[0].hint, "kubectl patch")["data"]) == 2


def test_a_limit_range_that_may_not_be_looked_at_may_be_one(api: Api, server: Server) -> None:
    server.answers[knative.QUOTAS] = knative.quotas("requests.memory")
    server.answers[knative.LIMIT_RANGES] = FORBIDDEN
    (check,) = wrong(api)
    assert check.severity is WARNING
    assert check.text.endswith("(unless a LimitRange does, at which we may not look)")
    assert [finding.severity for finding in found(api)] == [WARNING]


@pytest.mark.parametrize("path", [knative.QUOTAS, knative.CONFIG_MAPS])
def test_what_may_not_be_looked_at_refuses_nobody(api: Api, server: Server, path: str) -> None:
    server.answers[knative.QUOTAS] = knative.quotas("requests.memory")
    server.answers[path] = FORBIDDEN
    assert [check.name for check in wrong(api) if check.name == "quota"] == []
    downloads(server, knative.storage_container())
    server.answers[knative.STORAGE_CONTAINERS] = FORBIDDEN
    assert found(api) == []
