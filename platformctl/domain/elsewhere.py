"""What people who know Kubernetes and KServe write first, and where it is said in a spec."""

from types import MappingProxyType

ELSEWHERE = MappingProxyType(
    {
        "canaryTrafficPercent": "write spec.canary",
        "limits": "write cpu and memory in spec.resources: they are request and limit at once; "
        "a server's own limits are in spec.serving.limits",
        "autoscalerClass": "it follows from spec.scaling: cpu or memory is hpa, prometheus is keda",
        "containerConcurrency": "write queue in spec.serving.limits",
        "image": "write it in spec.predictor if it is what answers, in spec.serving if our server runs in it",
        "maxReplicas": "write max in spec.scaling",
        "minReplicas": "write min in spec.scaling",
        "nvidia.com/gpu": "write gpu in spec.resources",
        "replicas": "write min in spec.scaling",
        "requests": "write cpu and memory in spec.resources: they are request and limit at once",
        "scaleMetric": "write cpu, memory or prometheus in spec.scaling",
        "scaleTarget": "write cpu, memory or prometheus in spec.scaling",
        "storageUri": "write the registered model's name in spec.model.name, or a folder in spec.model.path",
    }
)
