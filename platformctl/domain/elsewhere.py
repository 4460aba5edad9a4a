"""What people who know Kubernetes, KServe, Argo and Flagger write first, and where a spec says it."""

from types import MappingProxyType

_TARGETS = "write cpu, memory, prometheus, concurrency or rps in spec.scaling"

ELSEWHERE = MappingProxyType(
    {
        "canaryTrafficPercent": "write spec.canary",
        "4xx": "write clientErrors in spec.rollout.gates",
        "5xx": "write errors in spec.rollout.gates",
        "analysis": "write gates in spec.rollout",
        "failureLimit": "write failures in a query of spec.rollout.gates.queries",
        "limits": "write cpu and memory in spec.resources: they are request and limit at once; "
        "a server's own limits are in spec.serving.limits",
        "autoscalerClass": "it follows from spec.scaling: cpu or memory is hpa, prometheus is keda, "
        "concurrency or rps is kpa (Knative)",
        "containerConcurrency": "write queue in spec.serving.limits, or concurrency in spec.scaling for what "
        "replicas scale by",
        "image": "write it in spec.predictor if it is what answers, in spec.serving if our server runs in it",
        "maxReplicas": "write max in spec.scaling",
        "minReplicas": "write min in spec.scaling",
        "nvidia.com/gpu": "write gpu in spec.resources",
        "pause": "write hold in a step of spec.rollout.steps, or gate: manual to wait for a person",
        "replicas": "write min in spec.scaling",
        "requests": "write cpu and memory in spec.resources: they are request and limit at once",
        "scaleMetric": _TARGETS,
        "scaleTarget": _TARGETS,
        "setWeight": "write weight in a step of spec.rollout.steps",
        "stepWeight": "write each step's weight in spec.rollout.steps",
        "storageUri": "write the registered model's name in spec.model.name, or a folder in spec.model.path",
        "strategy": "write spec.rollout",
        "successRate": "write limit, the part of the requests that may fail, in spec.rollout.gates.errors",
    }
)
