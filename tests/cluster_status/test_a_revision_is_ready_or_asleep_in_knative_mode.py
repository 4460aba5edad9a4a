from datetime import timedelta

import pytest

from platformctl.adapters.cluster.observing.causes.pods import Evidence
from platformctl.adapters.cluster.observing.knative_statuses import newest_first, stuck
from platformctl.domain.observed import Gauge
from platformctl.domain.revision import Scale
from tests.cluster_status import scene
from tests.cluster_status.knative_scene import NO_TRAFFIC, READY, of, pod, revision, seen, service
from tests.cluster_status.scene import NOW, autoscaler, condition, container, crashed, ended, waiting

pytestmark = pytest.mark.quick

ASLEEP = (NO_TRAFFIC, *READY)
WAKES = (condition("Active", "Unknown", 2, reason="Queued"), *READY)
LOADING = [container(ready=True), container("queue-proxy")]


def test_a_pod_all_of_whose_containers_answer_is_a_replica() -> None:
    status = of(pod("a"))
    assert (status.replicas, status.ready, status.is_ready, status.asleep) == (1, 1, True, False)
    assert (status.failure, status.detail, status.address) == (None, "", None)
    assert status.backing == ("churn-predictor-00007",)


def test_one_that_nobody_asks_sleeps() -> None:
    status = of(backing=[revision(7, *ASLEEP, least=0)])
    assert (status.asleep, status.replicas, status.ready) == (True, 0, 0)
    assert (status.failure, status.detail) == (None, "")
    assert status.since == NOW - timedelta(seconds=40)


def test_its_last_pod_is_no_replica_while_it_goes() -> None:
    going = pod("a")
    going["metadata"]["deletionTimestamp"] = scene.ago(5)
    assert of(going, backing=[revision(7, *ASLEEP, least=0)]).asleep


def test_it_does_not_sleep_before_its_pods_are_told_to_go() -> None:
    status = of(pod("a"), backing=[revision(7, *ASLEEP, least=0)])
    assert (status.asleep, status.is_ready) == (False, True)


def test_what_requests_are_not_routed_to_sleeps_in_spite_of_its_minimum() -> None:
    assert of(backing=[revision(7, *ASLEEP, least=2, state="reserve")]).asleep


def test_a_minimum_that_was_raised_counts_before_knative_has_heard_of_it() -> None:
    status = of(backing=[revision(7, *ASLEEP, least=2)])
    assert (status.asleep, status.replicas, status.ready) == (False, 2, 0)
    assert status.detail == "Knative makes its pods"
    assert of(pod("a"), backing=[revision(7, least=3)]).replicas == 3


def test_one_that_wakes_is_on_its_way() -> None:
    status = of(backing=[revision(7, *WAKES, least=0)])
    assert (status.asleep, status.replicas, status.failure) == (False, 1, None)
    status = of(pod("a", ready=False, age=2), backing=[revision(7, *WAKES, least=0)])
    assert (status.replicas, status.ready, status.detail) == (1, 0, "kserve-container is loading")


def test_one_that_never_came_up_does_not_sleep() -> None:
    lost = condition("ContainerHealthy", "False", reason="ExitCode1", message="Container failed with: no\n")
    status = of(backing=[revision(7, NO_TRAFFIC, condition("Ready", "False", 20), lost, least=0)])
    assert not status.asleep
    assert status.failure == (
        "Knative has given it up: its container ended with exit code 1: no (the same deploy starts it anew)"
    )
    assert status.since == NOW - timedelta(seconds=20)


def test_replicas_are_those_that_the_autoscaler_wants_now() -> None:
    assert of(pod("a"), backing=[revision(7, desired=3)]).replicas == 3
    assert of(pod("a"), pod("b"), backing=[revision(7, desired=1)]).replicas == 2
    assert of(pod("a"), backing=[revision(7, desired=-1)]).replicas == 1


def test_the_server_is_not_ready_while_what_stands_before_it_is_not() -> None:
    status = of(pod("a", ready=False, age=2, statuses=LOADING))
    assert (status.ready, status.detail) == (0, "kserve-container is loading")


def test_a_server_that_ended_is_told_of_while_it_runs_again() -> None:
    again = [
        container(ready=True, restarts=3, last=ended(1, message="ValueError: no")),
        container("queue-proxy"),
    ]
    status = of(pod("a", ready=False, statuses=again))
    assert (status.detail, status.restarts) == (
        "kserve-container ended with exit code 1, 3 times: ValueError: no",
        3,
    )


def test_what_stands_before_it_is_told_of_where_it_is_at_fault() -> None:
    broken = [container(ready=True), crashed(3, ended(2, message="panic: no"), "queue-proxy")]
    assert "queue-proxy ended with exit code 2, 4 times: panic: no" in (
        of(pod("a", ready=False, statuses=broken)).failure or ""
    )
    pulled = container("queue-proxy", waiting=waiting("ErrImagePull", "not found"))
    assert "there is no image" in (of(pod("a", ready=False, statuses=[LOADING[0], pulled])).failure or "")


def test_one_that_runs_and_does_not_answer_says_what_its_probe_got() -> None:
    loading = pod("a", ready=False, age=60, statuses=LOADING)
    said = Evidence(events=("Unhealthy: Readiness probe failed: HTTP probe failed with statuscode: 503",))
    status = of(loading, evidence={loading["metadata"]["uid"]: said})
    assert (
        status.detail
        == "it runs and is not ready: Readiness probe failed: HTTP probe failed with statuscode: 503"
    )


@pytest.mark.parametrize("is_newest_ready", [True, False])
def test_the_newest_has_to_get_ready_and_an_older_one_goes_on(*, is_newest_ready: bool) -> None:
    both = [revision(8, least=2), revision(7, state="reserve")]
    newer = [pod(name, 8, ready=is_newest_ready, age=2) for name in ("a", "b")]
    status = of(*newer, pod("c", 7), backing=both)
    assert (status.is_ready, status.answers) == (is_newest_ready, True)
    assert (status.ready, status.replicas) == ((3, 3) if is_newest_ready else (1, 3))
    assert status.backing == ("churn-predictor-00008", "churn-predictor-00007")
    assert status.created == NOW - timedelta(seconds=93)


def test_what_an_older_one_lacks_is_no_matter() -> None:
    both = [revision(8), revision(7, least=3)]
    status = of(pod("a", 8), pod("b", 7), pod("c", 7, ready=False), backing=both)
    assert (status.is_ready, status.ready, status.detail) == (True, 2, "")


def test_the_newest_that_is_stuck_is_no_failure_while_an_older_one_answers() -> None:
    dead = [
        crashed(0, ended(65, message='{"platformctl": "exit", "code": 65, "cause": "corrupt", "hint": null}'))
    ]
    both = [revision(8), revision(7)]
    found = seen(pod("a", 8, ready=False, statuses=dead), pod("b", 7), backing=both)
    status = of(*found.pods, backing=both)
    assert (status.failure, status.answers, status.is_ready) == (None, True, False)
    assert status.detail == "corrupt"
    assert stuck(found, NOW) == "corrupt"


def test_the_newest_is_that_of_the_last_template() -> None:
    found = newest_first([revision(9), revision(10), revision(2)])
    assert [one["metadata"]["name"][-5:] for one in found] == ["00010", "00009", "00002"]


def test_a_template_is_live_before_knative_has_made_anything_of_it() -> None:
    status = of(backing=[], service=service(written=2))
    assert (status.replicas, status.ready, status.detail) == (1, 0, "Knative makes a revision of it")
    assert (status.backing, status.created, status.scale) == ((), None, None)
    late = of(backing=[], service=service(written=30))
    assert "KServe and Knative have made nothing of it for 30 s" in late.detail
    assert late.failure is None


REFUSAL = (
    'fails to reconcile predictor: admission webhook "validation.webhook.serving.knative.dev" denied the '
    "request: validation failed: expected 0 <= 150 <= 100"
)


def _refused(seconds: float, written: float) -> str:
    ready = condition("PredictorReady", "False", seconds, reason="ReconcileFailed", message=REFUSAL)
    return of(backing=[], service=service(ready, written=written)).failure or ""


def test_what_knative_refuses_is_hopeless_at_once() -> None:
    assert _refused(1, 2).startswith("webhook validation.webhook.serving.knative.dev refuses it: validation")


def test_what_was_said_of_the_template_before_is_not_held_against_this_one() -> None:
    assert _refused(30, 2) == ""
    assert "refuses it" in _refused(30, 12)  # the same refusal again leaves the time of the first


def test_a_revision_that_cannot_be_made_says_why() -> None:
    message = 'Revision creation failed with message: admission webhook "x" denied the request: no.'
    failed = condition("PredictorConfigurationReady", "False", 1, reason="RevisionFailed", message=message)
    assert of(backing=[], service=service(failed, written=2)).failure == "webhook x refuses it: no"


def test_one_that_is_being_removed_is_live_and_never_ready() -> None:
    leaving = service()
    leaving["metadata"]["deletionTimestamp"] = scene.ago(2)
    status = of(pod("a"), service=leaving)
    assert (status.ready, status.is_ready, status.detail) == (0, False, "it is being removed")


@pytest.mark.parametrize(
    ("annotations", "scale", "gauges"),
    [
        ({}, {}, ()),
        ({"target": "10"}, {"concurrency": 10}, (Gauge("concurrency", "10 a replica"),)),
        ({"target": "50", "metric": "rps"}, {"rps": 50}, (Gauge("rps", "50 a replica"),)),
    ],
)
def test_what_it_scales_by_is_read_from_the_newest(
    annotations: dict[str, str], scale: dict[str, int], gauges: tuple[Gauge, ...]
) -> None:
    kpa = {"class": "kpa.autoscaling.knative.dev", **annotations}
    status = of(pod("a", 8), backing=[revision(8, least=0, most=3, annotations=kpa), revision(7, most=9)])
    assert status.scale == Scale(minimum=0, maximum=3, **scale)
    assert (status.bounds, status.gauges) == ((0, 3), gauges)


def test_what_scales_by_resources_says_what_they_are_now() -> None:
    hpa = {"class": "hpa.autoscaling.knative.dev", "metric": "cpu", "target": "80"}
    found = autoscaler(2)
    found["metadata"]["name"] = "churn-predictor-00007"
    target = {"type": "Utilization", "averageUtilization": 80}
    found["spec"]["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]
    current = {"name": "cpu", "current": {"averageUtilization": 42}}
    found["status"]["currentMetrics"] = [{"type": "Resource", "resource": current}]
    status = of(pod("a"), backing=[revision(7, annotations=hpa)], autoscalers=[found])
    assert status.scale == Scale(minimum=1, maximum=4, cpu=80)
    assert status.gauges == (Gauge("cpu", "80 %", "42 %"),)


@pytest.mark.parametrize(
    ("reason", "message", "words", "hopeless"),
    [
        (
            "FailedCreate",
            'pods "x" is forbidden: violates PodSecurity "restricted:latest": no',
            "Pod Secu",
            True,
        ),
        (
            "FailedCreate",
            'pods "x" is forbidden: exceeded quota: small, requested: pods=1',
            "quota small",
            False,
        ),
        (
            "NotOwned",
            'There is an existing Deployment "x" that we do not own.',
            "Knative cannot make it",
            True,
        ),
        ("ResolvingDigests", "", "asks the registry for the digest", False),
    ],
)
def test_why_there_are_no_pods(reason: str, message: str, words: str, *, hopeless: bool) -> None:
    value = "Unknown" if reason == "ResolvingDigests" else "False"
    said = condition("ResourcesAvailable", value, 5, reason=reason, message=message)
    status = of(backing=[revision(7, said)])
    assert words in status.detail
    assert (status.failure is not None) == hopeless


_TO_DIGEST = 'Unable to fetch image "{}": failed to resolve image to digest: {}'


@pytest.mark.parametrize(
    ("said", "words", "hopeless"),
    [
        (
            "HEAD https://r/v2/x/manifests/1: unexpected status code 404 Not Found",
            "the registry has no image",
            True,
        ),
        ("GET https://r: UNAUTHORIZED: authentication required", "does not tell Knative the digest of", True),
        ('Get "https://r/v2/": tls: failed to verify certificate: x509: unknown', "does not trust", False),
        ('Get "https://r/v2/": dial tcp: lookup r: no such host', "cannot ask the registry", False),
        ("GET https://r: TOOMANYREQUESTS: no", "for now", False),
        ('failed to parse image name "r/X" into a tag: no', "is no name of an image", True),
    ],
)
def test_an_image_without_a_digest_says_why(said: str, words: str, *, hopeless: bool) -> None:
    missing = condition(
        "ContainerHealthy", "False", reason="ContainerMissing", message=_TO_DIGEST.format("r/x:1", said)
    )
    status = of(backing=[revision(7, missing)])
    assert words in status.detail
    assert "r/x:1" in status.detail
    assert (status.failure is not None) == hopeless


def test_what_takes_longer_than_knative_waits_is_given_up() -> None:
    over = condition("ResourcesAvailable", "False", reason="ProgressDeadlineExceeded")
    limit = {"serving.knative.dev/progress-deadline": "1800s"}
    late = revision(7, over, condition("Active", "Unknown"), others=limit)
    stopped = pod("a", ready=False, statuses=[crashed(0, ended(1, message="no")), container("queue-proxy")])
    assert (of(stopped, backing=[late]).failure or "").startswith("it made no progress for 1800 s: kserve-co")
    loading = pod("a", ready=False, age=2, statuses=LOADING)
    assert of(loading, backing=[late]).failure is None
    taken = revision(7, over, NO_TRAFFIC, condition("Ready", "False"), others=limit)
    assert (of(backing=[taken]).failure or "").startswith(
        "Knative has given it up: it was not ready for 1800 s"
    )


def test_what_an_object_lacks_is_no_error() -> None:
    status = of({"metadata": {}}, backing=[{"metadata": {}, "status": None}], service={"metadata": {}})
    assert (status.ready, status.replicas, status.asleep) == (0, 1, False)


def test_a_quota_wants_to_know_what_stands_before_the_server_too() -> None:
    message = 'pods "x" is forbidden: failed quota: small: must specify requests.memory for: queue-proxy'
    said = condition("ResourcesAvailable", "False", 5, reason="FailedCreate", message=message)
    failure = of(backing=[revision(7, said)]).failure or ""
    assert "quota small of the namespace wants requests.memory for: queue-proxy" in failure
    assert "config-deployment in knative-serving" in failure
