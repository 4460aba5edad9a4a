import json

import pytest

from platformctl.adapters.cluster.observing.causes.pods import Evidence
from tests.cluster_status.scene import (
    IMAGE,
    URI,
    condition,
    container,
    crashed,
    deployment,
    ended,
    of,
    pod,
    service,
    waiting,
)

pytestmark = pytest.mark.quick

PULL = f'failed to pull and unpack image "{IMAGE}": failed to resolve reference "{IMAGE}": '
PROFILE = (
    'violates PodSecurity "restricted:latest": seccompProfile (pod or container "{}" must set '
    'securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")'
)
FAILED, HOPE = True, False


@pytest.mark.parametrize(
    ("message", "words", "hopeless"),
    [
        (f"rpc error: code = NotFound desc = {PULL}{IMAGE}: not found", "there is no image", FAILED),
        (
            f"{PULL}pull access denied, repository does not exist or may require authorization",
            "pull_secrets",
            FAILED,
        ),
        (f"{PULL}failed to authorize: unexpected status: 401 Unauthorized", "does not give out", FAILED),
        (f"{PULL}dial tcp: lookup registry.example.com: no such host", "cannot be reached", HOPE),
        (f"{PULL}unexpected status from HEAD request: 503 Service Unavailable", "cannot be reached", HOPE),
        (f"{PULL}429 Too Many Requests: toomanyrequests", "for now", HOPE),
        (f"{PULL}x509: certificate signed by unknown authority", "does not trust", HOPE),
        ("no match for platform in manifest sha256:1: not found", "processors", FAILED),
        ("some new words", "is not there yet: some new words", HOPE),
    ],
)
@pytest.mark.parametrize("reason", ["ErrImagePull", "ImagePullBackOff"])
def test_an_image_that_is_not_there(message: str, words: str, reason: str, *, hopeless: bool) -> None:
    said = f'Back-off pulling image "{IMAGE}": ErrImagePull: {message}' if "Back" in reason else message
    status = of(pod(statuses=[container(waiting=waiting(reason, said))]))
    assert words in status.detail
    assert IMAGE in status.detail
    assert "rpc error" not in status.detail
    assert status.failure == (status.detail if hopeless else None)


def test_a_back_off_that_does_not_say_why_is_told_by_its_events() -> None:
    silent = container(waiting=waiting("ImagePullBackOff", f'Back-off pulling image "{IMAGE}"'))
    before = Evidence(events=(f'Failed: Failed to pull image "{IMAGE}": {PULL}{IMAGE}: not found',))
    assert "there is no image" in of(pod(statuses=[silent]), evidence=before).detail


@pytest.mark.parametrize(
    ("reason", "message", "words"),
    [
        ("CreateContainerConfigError", 'secret "s3" not found', "secret s3 is missing"),
        ("CreateContainerConfigError", 'configmap "c" not found', "configmap c is missing"),
        (
            "CreateContainerConfigError",
            "couldn't find key AWS in Secret models/s3",
            "Secret s3 has no key AWS",
        ),
    ],
)
def test_what_is_missing_may_still_be_made_for_a_while(reason: str, message: str, words: str) -> None:
    state = [container(waiting=waiting(reason, message))]
    early, late = of(pod(statuses=state, age=5)), of(pod(statuses=state, age=31))
    assert words in early.detail
    assert early.failure is None
    assert late.failure
    assert words in late.failure


@pytest.mark.parametrize(
    ("reason", "message", "words"),
    [
        (
            "CreateContainerConfigError",
            "container has runAsNonRoot and image will run as root (pod: x, container: y)",
            "USER 10001",
        ),
        (
            "CreateContainerConfigError",
            "container has runAsNonRoot and image has non-numeric user (app), cannot verify user is non-root",
            "USER 10001",
        ),
        (
            "RunContainerError",
            'runc create failed: unable to start container process: exec: "serve": executable file not found',
            "no program serve",
        ),
        ("CreateContainerError", "no command specified", "ENTRYPOINT"),
    ],
)
def test_an_image_that_cannot_be_run_is_a_failure_at_once(reason: str, message: str, words: str) -> None:
    failure = of(pod(statuses=[container(waiting=waiting(reason, message))], age=1)).failure
    assert failure
    assert words in failure


@pytest.mark.parametrize("code", [64, 65, 66])
def test_a_server_that_says_it_cannot_serve_has_failed(code: int) -> None:
    words = json.dumps(
        {"platformctl": "exit", "code": code, "cause": "it is corrupt", "hint": "log it again"}
    )
    by_log = Evidence(logs={"kserve-container": ["loading", words]})
    assert (
        of(pod(statuses=[crashed(0, ended(code))]), evidence=by_log).failure == "it is corrupt (log it again)"
    )
    by_message = crashed(0, ended(code, message=f"loading\n{words}"))
    assert of(pod(statuses=[by_message])).failure == "it is corrupt (log it again)"


def test_a_crash_is_tried_again_and_then_called_a_failure() -> None:
    words = json.dumps({"platformctl": "exit", "code": 70, "cause": "it crashed", "hint": None})
    first, fourth = (of(pod(statuses=[crashed(n, ended(70, message=words))])) for n in (0, 3))
    assert (first.failure, first.detail) == (None, "it crashed")
    assert fourth.failure == "it crashed"


def test_exit_codes_of_a_persons_own_program_mean_nothing_to_us() -> None:
    status = of(pod(statuses=[crashed(0, ended(65, message="Traceback\nValueError: no"))]))
    assert status.failure is None
    assert "ended with exit code 65: Traceback / ValueError: no" in status.detail


def test_a_death_after_a_long_life_begins_a_new_row() -> None:
    assert of(pod(statuses=[crashed(7, ended(1, lived=3600))])).failure is None
    assert of(pod(statuses=[crashed(7, ended(1, lived=60))])).failure


def test_a_crash_while_it_runs_again_is_still_told() -> None:
    again = container(restarts=1, last=ended(1, message="ValueError: no"))
    assert "ValueError: no" in of(pod(statuses=[again])).detail


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("kserve-container", "more than its limit of 2Gi and was killed (raise spec.resources.memory)"),
        ("storage-initializer", "more than its limit of 1Gi and was killed (raise memoryLimit"),
    ],
)
def test_out_of_memory_names_the_limit(name: str, words: str) -> None:
    once, twice = ([crashed(n, ended(137, "OOMKilled"), name)] for n in (0, 1))
    if name == "storage-initializer":
        first, second = of(pod(initial=once)), of(pod(initial=twice))
    else:
        first, second = of(pod(statuses=once)), of(pod(statuses=twice))
    assert words in first.detail
    assert first.failure is None
    assert words in (second.failure or "")


def test_a_program_for_other_processors() -> None:
    by_log = Evidence(logs={"kserve-container": ["exec /usr/bin/python: exec format error"]})
    failure = of(pod(statuses=[crashed(0, ended(255))]), evidence=by_log).failure
    assert failure
    assert "other processors" in failure
    by_runtime = crashed(0, ended(128, "StartError", "exec /serve: exec format error"))
    assert "other processors" in (of(pod(statuses=[by_runtime])).failure or "")


@pytest.mark.parametrize(
    ("line", "words", "hopeless"),
    [
        (
            (
                "An error occurred (InvalidAccessKeyId) when calling the ListObjects operation: The AWS "
                "Access Key Id you provided does not exist in our records.\n"
                "RuntimeError: S3 resource 'models' not found."
            ),
            "no such key",
            FAILED,
        ),
        ("An error occurred (SignatureDoesNotMatch) when calling", "refuses the key's secret", FAILED),
        ("An error occurred (AccessDenied) when calling the ListObjects", "does not let it read", FAILED),
        (
            "An error occurred (NoSuchBucket) when calling: The specified bucket does not exist",
            "bucket",
            FAILED,
        ),
        ("RuntimeError: Failed to fetch model. No model found in churn/4.", "nothing lies at", FAILED),
        ("botocore.exceptions.NoCredentialsError: Unable to locate credentials", "storage_secret", FAILED),
        ("Exception: Cannot recognize storage type for models:/churn/4", "KServe cannot download", FAILED),
        ('Could not connect to the endpoint URL: "http://minio:9000/"', "cannot be reached", HOPE),
        ("ConnectTimeoutError: Connect timeout on endpoint URL", "cannot be reached", HOPE),
        ("something else", "could not be downloaded from s3://models/churn/4: something else", HOPE),
    ],
)
def test_a_download_that_fails(line: str, words: str, *, hopeless: bool) -> None:
    once = crashed(0, ended(1, message=line), "storage-initializer")
    unstarted = container(waiting=waiting("PodInitializing"))
    status = of(pod(initial=[once], statuses=[unstarted]))
    assert words in status.detail
    assert URI in status.detail
    assert (status.failure is not None) == hopeless
    often = crashed(3, ended(1, message=line), "storage-initializer")
    assert of(pod(initial=[often], statuses=[unstarted])).failure


def test_a_download_that_is_done_is_not_told_of() -> None:
    done = container("storage-initializer", ready=True, terminated=ended(0, "Completed"))
    assert of(pod(initial=[done])).detail == "kserve-container is loading"


def test_a_download_that_is_under_way_is_told_of() -> None:
    status = of(pod(initial=[container("storage-initializer")], statuses=[container(waiting=waiting("x"))]))
    assert status.detail == f"the model is downloaded from {URI}"


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("0/3 nodes are available: 3 Insufficient cpu. preemption: 0/3 nodes are", "spec.resources.cpu"),
        ("0/3 nodes are available: 3 Insufficient memory.", "spec.resources.memory"),
        (
            "0/3 nodes are available: 1 Insufficient nvidia.com/gpu, 2 node(s) had untolerated taint {x: }.",
            "2 nvidia.com/gpu",
        ),
        (
            "0/3 nodes are available: 3 node(s) had untolerated taint {gpu: present}.",
            "spec.resources.tolerations",
        ),
        ("0/1 nodes are available: 1 node(s) had untolerated taint(s).", "spec.resources.tolerations"),
        (
            "0/2 nodes are available: 2 node(s) didn't match PersistentVolume's node affinity.",
            "on another node",
        ),
        (
            "0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector.",
            "spec.resources.nodeSelector",
        ),
        ("0/3 nodes are available: 3 Too many pods.", "as many pods as they may"),
        ("0/1 nodes are available: 1 node(s) were unschedulable.", "uncordon"),
        ("0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims.", "no volume yet"),
        ("no nodes available to schedule pods", "no node takes pods"),
        ("0/3 nodes are available: 3 something new.", "no node takes it: 0/3 nodes"),
    ],
)
def test_no_room_is_told_and_waited_for(message: str, words: str) -> None:
    asks = {"cpu": "1", "nvidia.com/gpu": "2"}
    unplaced = condition("PodScheduled", "False", 900, reason="Unschedulable", message=message)
    status = of(pod(scheduled=unplaced, asks=asks, age=900, statuses=[container(waiting=waiting(""))]))
    assert words in status.detail
    assert "preemption" not in status.detail
    assert status.failure is None


def test_a_claim_that_does_not_exist_is_waited_for_only_a_while() -> None:
    message = '0/1 nodes are available: persistentvolumeclaim "models" not found.'
    unplaced = condition("PodScheduled", "False", message=message)
    assert of(pod(scheduled=unplaced, age=5)).failure is None
    assert "PersistentVolumeClaim models is missing" in (of(pod(scheduled=unplaced, age=60)).failure or "")


@pytest.mark.parametrize(
    ("message", "words", "lasted", "hopeless"),
    [
        ("exceeded quota: q, requested: cpu=1, used: cpu=2, limited: cpu=2", "quota q", 5, HOPE),
        ("exceeded quota: q, requested: cpu=1, used: cpu=2, limited: cpu=2", "quota q", 60, FAILED),
        (
            'violates PodSecurity "restricted:latest": runAsNonRoot != true (pod must set it)',
            "restricted:latest of the namespace does not allow it: runAsNonRoot != true",
            1,
            FAILED,
        ),
        (
            PROFILE.format("storage-initializer"),
            "(KServe's container that downloads models has no seccompProfile: platformctl doctor",
            1,
            FAILED,
        ),
        (
            PROFILE.format("kserve-container"),
            "(an image of one's own",
            1,
            FAILED,
        ),
        (
            "ValidatingAdmissionPolicy 'signed' with binding 'all' denied request: sign it",
            "policy signed of the cluster does not allow it: sign it",
            1,
            FAILED,
        ),
        ("maximum memory usage per Container is 1Gi, but limit is 2Gi", "a limit range", 1, FAILED),
        (
            'error looking up service account models/s: serviceaccount "s" not found',
            "service account s is missing",
            5,
            HOPE,
        ),
    ],
)
def test_a_pod_that_is_forbidden(message: str, words: str, lasted: float, *, hopeless: bool) -> None:
    whole = f'pods "churn-v4-3f9a1c-predictor-1" is forbidden: {message}'
    refused = condition("ReplicaFailure", "True", lasted, reason="FailedCreate", message=whole)
    status = of(deployments=[deployment(1, "predictor", refused)])
    assert words in status.detail
    assert (status.failure is not None) == hopeless


def test_a_webhook_that_refuses_is_a_failure_and_one_that_is_down_is_not() -> None:
    said = 'admission webhook "pods.example.com" denied the request: no'
    denied = condition("ReplicaFailure", "True", message=said)
    assert (
        of(deployments=[deployment(1, "predictor", denied)]).failure
        == "webhook pods.example.com refuses it: no"
    )
    said = (
        'Internal error occurred: failed calling webhook "pods.example.com": failed to call webhook: Post '
        '"https://x/mutate": dial tcp 10.0.0.1:443: connect: connection refused'
    )
    down = of(
        deployments=[deployment(1, "predictor", condition("ReplicaFailure", "True", 900, message=said))]
    )
    assert "webhook pods.example.com does not answer" in down.detail
    assert "connection refused" in down.detail
    assert down.failure is None


def test_a_volume_that_cannot_be_mounted() -> None:
    creating = pod(statuses=[container(waiting=waiting("ContainerCreating"))])
    said = 'FailedMount: MountVolume.SetUp failed for volume "v" : configmap "settings" not found'
    assert "configmap settings is missing" in of(creating, evidence=Evidence(events=(said,))).detail
    said = "FailedMount: Unable to attach or mount volumes: timed out waiting for the condition"
    assert "a volume cannot be mounted: Unable" in of(creating, evidence=Evidence(events=(said,))).detail


def test_a_probe_that_fails_says_what_it_got() -> None:
    said = 'Unhealthy: Startup probe failed: Get "http://10.0.0.2:8080/": connection refused'
    status = of(pod(), evidence=Evidence(events=(said,)))
    assert "it runs and is not ready: Startup probe failed" in status.detail
    assert status.failure is None


def test_one_that_is_never_ready_in_time_is_told_by_its_deadline() -> None:
    killed = ("Killing: Container kserve-container failed startup probe, will be restarted",)
    stopped = [container(restarts=n, last=ended(0, "Completed", lived=300)) for n in (1, 2)]
    first, second = (of(pod(statuses=[one]), evidence=Evidence(events=killed)) for one in stopped)
    assert "did not get ready within 300 s and was stopped" in first.detail
    assert first.failure is None
    assert "did not get ready within 300 s" in (second.failure or "")


def test_a_node_that_does_not_report() -> None:
    lost = pod(statuses=[container(ready=True)])
    assert "node node-1 does not report" in of(lost).detail


def test_kserve_that_does_not_look_is_told() -> None:
    ignored = service(age=30)
    ignored["status"] = {}
    status = of(service=ignored, deployments=[])
    assert "KServe has not looked at it for 30 s" in status.detail
    assert status.failure is None


def test_what_kserve_cannot_make_is_told() -> None:
    refused = service()
    said = 'Deployment.apps "x" is invalid: spec.template: Invalid value: "y"'
    refused["status"]["conditions"] = [
        condition("PredictorReady", "False", reason="ReconcileFailed", message=said)
    ]
    failure = of(service=refused, deployments=[]).failure
    assert failure
    assert 'Invalid value: "y"' in failure


def test_what_refuses_a_deployment_is_told_as_of_a_pod() -> None:
    refused = service()
    said = 'fails to reconcile predictor: admission webhook "all.example.com" denied the request: no'
    refused["status"]["conditions"] = [
        condition("PredictorReady", "False", reason="ReconcileFailed", message=said)
    ]
    assert of(service=refused, deployments=[]).failure == "webhook all.example.com refuses it: no"


def test_a_host_that_is_too_long_for_kserve() -> None:
    refused = service()
    host = f"churn-v4-3f9a1c-predictor-{'n' * 40}"
    said = (
        "fails to create NewRawKubeReconciler for predictor: failed creating host name: invalid domain name "
        f'"{host}.example.com": url: Invalid value: "{host}": must be no more than 63 characters'
    )
    refused["status"]["conditions"] = [
        condition("PredictorReady", "False", reason="ReconcileFailed", message=said)
    ]
    failure = of(service=refused, deployments=[]).failure
    assert failure
    assert f"{host} is longer than 63 characters (use a shorter name" in failure


def test_a_model_format_that_kserve_does_not_know() -> None:
    unknown = service()
    unknown["status"]["modelStatus"] = {
        "lastFailureInfo": {"reason": "NoSupportingRuntime", "message": "none"}
    }
    failure = of(service=unknown, deployments=[]).failure
    assert failure == "KServe cannot serve it: NoSupportingRuntime: none"


def test_no_progress_in_time_is_a_failure_with_its_reason() -> None:
    overdue = deployment(1, "predictor", condition("Progressing", "False", reason="ProgressDeadlineExceeded"))
    message = "0/3 nodes are available: 3 Insufficient cpu."
    unplaced = condition("PodScheduled", "False", message=message)
    old, new = (of(pod(scheduled=unplaced, age=age), deployments=[overdue]) for age in (601, 5))
    assert "no progress for 600 s: no node has" in (old.failure or "")
    assert new.failure is None, "its pods are new: somebody has started it anew"
    assert of(pod(age=601), deployments=[overdue]).failure is None, "a large model takes its time"


def test_nothing_is_a_failure_while_a_replica_answers() -> None:
    absent = container(waiting=waiting("ErrImagePull", f"{IMAGE}: not found"))
    status = of(pod("a", ready=True), pod("b", statuses=[absent]))
    assert status.failure is None
    assert "there is no image" in status.detail
    assert status.answers


def test_the_same_cause_is_told_once() -> None:
    absent = [container(waiting=waiting("ErrImagePull", f"{IMAGE}: not found"))]
    status = of(*(pod(name, statuses=absent) for name in "abc"))
    assert status.detail.startswith("3 pods: there is no image")
    assert status.detail.count("no image") == 1
