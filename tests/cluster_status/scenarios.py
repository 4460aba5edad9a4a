"""What can go wrong with a revision, and how to bring it about on a real cluster."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from platformctl.domain.manifests import labels
from platformctl.domain.names import Name, RevisionId
from tests.cluster import image_names

Json = dict[str, Any]
HOPE, FAILED = False, True

_PYTHON = image_names.PYTHON
_PAYLOAD = 1_000_000

_EXIT = json.dumps(
    {"platformctl": "exit", "code": 65, "cause": "model.pkl is corrupt", "hint": "log it again"}
)
_ANSWER = (
    "import http.server as h\n"
    "class H(h.BaseHTTPRequestHandler):\n"
    "    def do_GET(self):\n"
    "        self.send_response(200)\n"
    "        self.end_headers()\n"
    "h.ThreadingHTTPServer(('', 8080), H).serve_forever()\n"
)


@dataclass(frozen=True)
class Scenario:
    """Something that goes wrong.

    Args:
        name: Of the deployment.
        words: What is said of it, among others.
        hopeless: Whether it is given up at once, or after the patience that the cause has.
        container: What its container has that is not as usual.
        predictor: What its predictor has.
        others: Objects that it needs.
        enforced: What a namespace of its own enforces; none: it shares one.
        replicas: How many there are to be.
    """

    name: str
    words: str
    hopeless: bool
    container: Mapping[str, Any] = field(default_factory=dict)
    predictor: Mapping[str, Any] = field(default_factory=dict)
    others: Sequence[Json] = ()
    enforced: Mapping[str, str] = field(default_factory=dict)
    replicas: int = 1

    @property
    def scenario(self) -> "Scenario":
        """Itself."""
        return self

    @property
    def is_alone(self) -> bool:
        """Whether it needs a namespace of its own: what it brings along concerns all pods there."""
        return bool(self.enforced) or any(
            one["kind"] in {"ResourceQuota", "LimitRange"} for one in self.others
        )

    @property
    def revision(self) -> RevisionId:
        """Its only revision."""
        return RevisionId(f"{self.name}-v1-000000")

    def service(self) -> Json:
        """The InferenceService."""
        container = {
            "name": "kserve-container",
            "image": _PYTHON,
            "command": ["python3", "-c", _ANSWER],
            "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"memory": "64Mi"}},
            "terminationMessagePolicy": "FallbackToLogsOnError",
            "readinessProbe": {"tcpSocket": {"port": 8080}, "periodSeconds": 1},
            **self.container,
        }
        marks = labels(Name(self.name), self.revision)
        return {
            "apiVersion": "serving.kserve.io/v1beta1",
            "kind": "InferenceService",
            "metadata": {
                "name": self.revision,
                "labels": {**marks, "networking.kserve.io/visibility": "cluster-local"},
                "annotations": {
                    "serving.kserve.io/deploymentMode": "Standard",
                    "serving.kserve.io/autoscalerClass": "none",
                },
            },
            "spec": {
                "predictor": {
                    "minReplicas": self.replicas,
                    "maxReplicas": self.replicas,
                    "containers": [container],
                    **self.predictor,
                }
            },
        }


def _runs(code: str) -> Json:
    return {"command": ["python3", "-c", code]}


def _stored(uri: str) -> Json:
    return {"env": [{"name": "STORAGE_URI", "value": uri}]}


def _asks(**amounts: str) -> Json:
    resources = {key.replace("__", "/").replace("_", "."): amount for key, amount in amounts.items()}
    return {"resources": {"requests": resources, "limits": resources}}


def _limited(kind: str, **spec: Any) -> Json:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": "small"}, "spec": spec}


def _volume(**source: Any) -> Json:
    return {"volumes": [{"name": "extra", **source}]}


_MOUNTED = {"volumeMounts": [{"name": "extra", "mountPath": "/extra"}]}
_ELF = "f0VMRgIBAQAAAAAAAAAAAAIAtwABAAAA" + "A" * 64
"""The head of a program for ARM, in base64."""

WAITED_FOR = [
    Scenario("pull-nowhere", "cannot be reached from the node", HOPE, {"image": "registry.invalid/churn:1"}),
    Scenario(
        "no-secret", "secret nowhere is missing", FAILED, {"envFrom": [{"secretRef": {"name": "nowhere"}}]}
    ),
    Scenario(
        "no-mount",
        "configmap nowhere is missing",
        HOPE,
        _MOUNTED,
        _volume(configMap={"name": "nowhere"}),
    ),
    Scenario(
        "no-claim",
        "PersistentVolumeClaim nowhere is missing",
        FAILED,
        _MOUNTED,
        _volume(persistentVolumeClaim={"claimName": "nowhere"}),
    ),
    Scenario("no-cpu", "no node has 1k cpu, 32Mi memory", HOPE, _asks(cpu="1000", memory="32Mi")),
    Scenario("no-memory", "no node has 10m cpu, 9Ti memory", HOPE, _asks(cpu="10m", memory="9Ti")),
    Scenario(
        "no-gpu",
        "no node has 10m cpu, 32Mi memory, 64 nvidia.com/gpu",
        HOPE,
        _asks(cpu="10m", memory="32Mi", nvidia_com__gpu="64"),
    ),
    Scenario(
        "no-label", "no node has the labels", HOPE, {}, {"nodeSelector": {"platformctl.io/none": "such"}}
    ),
    Scenario("out-of-memory", "more than its limit of 64Mi", FAILED, _runs("x = bytearray(500_000_000)")),
    Scenario("crashes", "ValueError: no", FAILED, _runs("raise ValueError('no')")),
    Scenario(
        "no-store",
        "the store cannot be reached from the cluster",
        FAILED,
        _stored("s3://models/churn"),
        {"serviceAccountName": "lost"},
    ),
    Scenario(
        "never-ready",
        "did not get ready within 3 s",
        FAILED,
        {
            **_runs("import time; time.sleep(1000)"),
            "startupProbe": {"tcpSocket": {"port": 8080}, "periodSeconds": 1, "failureThreshold": 3},
        },
        {"terminationGracePeriodSeconds": 1},
    ),
    Scenario(
        "not-ready",
        "it runs and is not ready: Readiness probe failed",
        HOPE,
        _runs("import time; time.sleep(1000)"),
        {"terminationGracePeriodSeconds": 1},
    ),
    Scenario(
        "evicted",
        "a pod was evicted",
        HOPE,
        {
            **_runs(f"open('/extra/x', 'wb').write(b'x' * {_PAYLOAD}); import time; time.sleep(1000)"),
            **_MOUNTED,
        },
        _volume(emptyDir={"sizeLimit": "10k"}),
    ),
]

GIVEN_UP = [
    Scenario(
        "is-corrupt",
        "model.pkl is corrupt (log it again)",
        FAILED,
        _runs(f"import sys; print({_EXIT!r}, file=sys.stderr); sys.exit(65)"),
    ),
    Scenario("no-program", "the image has no program /nowhere", FAILED, {"command": ["/nowhere"]}),
    Scenario(
        "other-processors",
        "other processors",
        FAILED,
        {"command": ["/extra/program"], **_MOUNTED},
        _volume(configMap={"name": "arm", "defaultMode": 0o755}),
        [
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": "arm"},
                "binaryData": {"program": _ELF},
            }
        ],
    ),
    Scenario(
        "is-root",
        "the image runs as root",
        FAILED,
        {"securityContext": {"runAsNonRoot": True}},
    ),
    Scenario(
        "no-bucket",
        "the store has no such bucket, or does not know the key",
        FAILED,
        _stored("s3://nowhere/churn"),
        {"serviceAccountName": "models"},
    ),
    Scenario(
        "no-model",
        "nothing lies at",
        FAILED,
        _stored("s3://models/nowhere"),
        {"serviceAccountName": "models"},
    ),
    Scenario(
        "no-scheme",
        "KServe cannot download from",
        FAILED,
        _stored("models:/churn/1"),
        {"serviceAccountName": "models"},
    ),
    Scenario(
        "wrong-key",
        "the store does not let it read s3://models/churn",
        FAILED,
        _stored("s3://models/churn"),
        {"serviceAccountName": "wrong"},
    ),
    Scenario(
        "quota",
        "quota small of the namespace is used up",
        FAILED,
        others=[_limited("ResourceQuota", hard={"requests.memory": "16Mi"})],
    ),
    Scenario(
        "limit-range",
        "a limit range of the namespace does not allow it: maximum memory",
        FAILED,
        others=[_limited("LimitRange", limits=[{"type": "Container", "max": {"memory": "48Mi"}}])],
    ),
    Scenario(
        "pod-security",
        "Pod Security restricted:latest of the namespace does not allow it",
        FAILED,
        enforced={"pod-security.kubernetes.io/enforce": "restricted"},
    ),
]

FULL_QUOTA = Scenario(
    "full-quota",
    "quota small of the namespace is used up",
    HOPE,
    others=[_limited("ResourceQuota", hard={"requests.memory": "40Mi"})],
    replicas=2,
)
"""One replica has its place, and answers."""

SCENARIOS = [*WAITED_FOR, *GIVEN_UP, FULL_QUOTA]
