import pytest

from platformctl.adapters.spec_files import parse
from platformctl.domain.errors import SpecError

pytestmark = pytest.mark.quick

HEAD = "metadata:\n  name: churn\nspec:\n"


def refused(spec: str) -> SpecError:
    with pytest.raises(SpecError) as caught:
        parse(f"{HEAD}  {spec}\n", "churn.yaml")
    return caught.value


@pytest.mark.parametrize(
    ("spec", "field", "message", "hint"),
    [
        ("scaling: {min: -1}", "scaling.min", "-1 is less than 0", "write 0 or more"),
        ("scaling: {max: 0}", "scaling.max", "0 is less than 1", "write 1 or more"),
        *(
            (
                f"scaling: {{min: 0, {target}}}",
                "scaling",
                f"min is 0, and a revision that scales by {name} has to keep a replica",
                f"write min: 1, or scale by concurrency or rps (Knative mode) instead of {name}",
            )
            for name, target in {
                "cpu": "cpu: 80",
                "memory": "memory: 80",
                "prometheus": "prometheus: {address: 'http://p', query: q, threshold: 1}",
            }.items()
        ),
        ("scaling: {max: 4, concurrency: 0}", "scaling.concurrency", "0 is less than 1", "write 1 or more"),
        ("scaling: {max: 4, rps: 1.5}", "scaling.rps", "1.5 is not a whole number", "such as 3"),
        (
            "scaling: {concurrency: 4}",
            "scaling",
            "concurrency has nothing to do: min and max are both 1",
            "write max: 2, or leave concurrency out",
        ),
        ("scaling: {max: 4, cpu: 0}", "scaling.cpu", "0 is less than 1", "write 1 or more"),
        ("scaling: {max: 4, cpu: 101}", "scaling.cpu", "101 is more than 100", "write 100 or less"),
        (
            "scaling: {max: 4, cpu: 80%}",
            "scaling.cpu",
            "'80%' is not a whole number",
            "write 80, without",
        ),
        ("scaling: {max: 4, memory: 1.5}", "scaling.memory", "1.5 is not a whole number", "such as 3"),
        (
            "scaling: {cpu: 80}",
            "scaling",
            "cpu has nothing to do: min and max are both 1",
            "write max: 2, or leave cpu out",
        ),
        (
            "scaling: {min: 3, max: 3, cpu: 80, memory: 80}",
            "scaling",
            "cpu has nothing to do: min and max are both 3",
            "write max: 6, or leave cpu and memory out",
        ),
        (
            "scaling: {min: 10000, cpu: 80}",
            "scaling",
            "cpu has nothing to do: min and max are both 10000",
            "make min less than max, or leave cpu out",
        ),
        (
            "scaling: {max: 3, cpu: 80, prometheus: {address: 'http://p', query: q, threshold: 1}}",
            "scaling",
            "has cpu and prometheus: KServe scales by resources (HPA), by a query (KEDA), or by requests",
            "keep one of them",
        ),
        *(
            (
                f"scaling: {{max: 3, {first}: 4, {second}: 5}}",
                "scaling",
                f"has {first} and {second}: KServe scales by resources (HPA)",
                "keep one of them",
            )
            for first, second in (("memory", "rps"), ("cpu", "concurrency"), ("concurrency", "rps"))
        ),
        (
            "scaling: {max: 3, prometheus: {address: p:9090, query: q, threshold: 1}}",
            "scaling.prometheus.address",
            "'p:9090' is not a URL of host, port and path",
            "such as http://prometheus.monitoring:9090",
        ),
        (
            "scaling: {max: 3, prometheus: {address: 'http://ada:secret@p', query: q, threshold: 1}}",
            "scaling.prometheus.address",
            "is not a URL of host, port and path",
            "such as http://prometheus.monitoring:9090",
        ),
        (
            "scaling: {max: 3, prometheus: {address: 'http://p:70000', query: q, threshold: 1}}",
            "scaling.prometheus.address",
            "is not a URL of host, port and path",
            "such as http://prometheus.monitoring:9090",
        ),
        (
            "scaling: {max: 3, prometheus: {address: 'http://p', query: ' ', threshold: 1}}",
            "scaling.prometheus.query",
            "is empty",
            "a query of PromQL that gives one number",
        ),
        (
            "scaling: {max: 3, prometheus: {address: 'http://p', query: q, threshold: 0}}",
            "scaling.prometheus.threshold",
            "0 is less than 0.001",
            "write 0.001 or more",
        ),
        (
            "scaling: {max: 3, prometheus: {addres: 'http://p', query: q, threshold: 1}}",
            "scaling.prometheus.addres",
            "no such field",
            "did you mean address?",
        ),
        (
            "scaling: {maxReplicas: 3}",
            "scaling.maxReplicas",
            "no such field",
            "write max in spec.scaling",
        ),
        ("scaling: {scaleMetric: cpu}", "scaling.scaleMetric", "no such field", "write cpu, memory, prom"),
        ("resources: {gpu: nvidia}", "resources.gpu", "'nvidia' is not a whole number", "such as 3"),
        ("resources: {gpu: {}}", "resources.gpu.count", "is missing", None),
        ("resources: {gpu: {cuont: 1}}", "resources.gpu.cuont", "no such field", "did you mean count?"),
        ("resources: {gpu: {count: 0}}", "resources.gpu.count", "0 is less than 1", "write 1 or more"),
        (
            "resources: {gpu: {count: 1, resource: gpu}}",
            "resources.gpu.resource",
            "'gpu' is not the name of a resource of nodes",
            "such as nvidia.com/gpu",
        ),
        (
            "resources: {gpu: {count: 1, resource: kubernetes.io/gpu}}",
            "resources.gpu.resource",
            "'kubernetes.io/gpu' is no device: Kubernetes keeps that prefix",
            "such as nvidia.com/gpu",
        ),
        (
            "resources: {gpu: {count: 1, product: NVIDIA L4}}",
            "resources.gpu.product",
            "'NVIDIA L4' is not a label's value",
            "at most 63 letters and digits",
        ),
        (
            "resources: {gpu: {count: 1, resource: amd.com/gpu, product: MI300X}}",
            "resources.gpu",
            "product is a label of NVIDIA's, and amd.com/gpu is not theirs",
            "in nodeSelector of spec.resources",
        ),
        (
            "resources: {gpu: {count: 1, sharedMemory: 4Gi}}",
            "resources",
            "gpu.sharedMemory (4Gi) is part of memory, and that is 2Gi",
            "give the replica more memory",
        ),
        (
            "resources: {gpu: {count: 1, product: A}, nodeSelector: {nvidia.com/gpu.product: B}}",
            "resources",
            "nodeSelector has nvidia.com/gpu.product, and gpu has product",
            "keep one of them",
        ),
        (
            "resources: {nvidia.com/gpu: 1}",
            "resources['nvidia.com/gpu']",
            "no such field",
            "write gpu in",
        ),
        (
            "resources: {product: A}",
            "resources.product",
            "no such field",
            "belongs to spec.resources.gpu",
        ),
        (
            "resources: {nodeSelector: {disk: true}}",
            "resources.nodeSelector.disk",
            "must be text, not true",
            'write it in quotes: "true"',
        ),
        (
            "resources: {nodeSelector: {disk: -ssd}}",
            "resources.nodeSelector.disk",
            "'-ssd' is not a label's value",
            "letters and digits",
        ),
        (
            "resources: {nodeSelector: {'a b': c}}",
            "resources.nodeSelector",
            "'a b' is not a label's key",
            "such as disk, or example.com/pool",
        ),
        (
            "resources: {nodeSelector: [disk]}",
            "resources.nodeSelector",
            "must be a mapping, not a list",
            "write name: value, below it",
        ),
        (
            "resources: {tolerations: {key: gpu}}",
            "resources.tolerations",
            "must be a list, not a mapping",
            None,
        ),
        (
            "resources: {tolerations: [gpu]}",
            "resources.tolerations[0]",
            "must be a mapping",
            "fields: key",
        ),
        ("resources: {tolerations: [{}]}", "resources.tolerations[0]", "has no key", "operator: Exists"),
        (
            "resources: {tolerations: [{key: a, efect: NoSchedule}]}",
            "resources.tolerations[0].efect",
            "no such field",
            "did you mean effect?",
        ),
        (
            "resources: {tolerations: [{key: a, effect: noschedule}]}",
            "resources.tolerations[0].effect",
            "'noschedule' is not NoSchedule, PreferNoSchedule",
            "did you mean NoSchedule?",
        ),
        (
            "resources: {tolerations: [{key: a, operator: Exists, value: b}]}",
            "resources.tolerations[0]",
            "has a value, and Exists looks at the key alone",
            "leave value out, or operator",
        ),
        (
            "resources: {tolerations: [{key: a, effect: NoSchedule, tolerationSeconds: 9}]}",
            "resources.tolerations[0]",
            "tolerationSeconds is the time after an eviction by NoExecute",
            "write effect: NoExecute",
        ),
        ("predictor: {image: a, port: 0}", "predictor.port", "0 is less than 1", "write 1 or more"),
        (
            "predictor: {image: a, protocol: V2}",
            "predictor.protocol",
            "'V2' is not v1",
            "did you mean v2?",
        ),
        ("predictor: {image: a, model: 1}", "predictor.model", "1 is not true or false", "write true"),
        ("predictor: {image: a, env: {A: 1}}", "predictor.env.A", "must be text, not 1", 'quotes: "1"'),
        ("predictor: {image: a, env: [A]}", "predictor.env", "must be a mapping", "write name: value"),
        (
            "predictor: {image: a, env: {1B: c}}",
            "predictor.env",
            "'1B' is not a variable's name",
            "letters, digits, '_', '-'",
        ),
        (
            "predictor: {image: a, env: {PYTHONPATH: c}}",
            "predictor.env",
            "PYTHONPATH is not to be set here",
            "KServe refuses it: set the path in the image itself",
        ),
        (
            "transformer: {image: a, env: {PROTOCOL: grpc-v2}}",
            "transformer.env",
            "PROTOCOL is not to be set here",
            "write protocol: v1 or protocol: v2",
        ),
        (
            "predictor: {image: a, env: {STORAGE_URI: 's3://b'}}",
            "predictor.env",
            "STORAGE_URI is not to be set here",
            "mounted at /mnt/models",
        ),
        (
            "predictor: {image: a, env: {PLATFORMCTL_REVISION: mine}}",
            "predictor.env",
            "PLATFORMCTL_REVISION is not to be set here",
            "platformctl sets it",
        ),
        ("serving: {image: a b}", "serving.image", "has blanks", "registry/name:tag"),
        ("image: churn:1", "image", "no such field", "in spec.predictor if it is what answers"),
    ],
)
def test_what_no_cluster_would_take(spec: str, field: str, message: str, hint: str | None) -> None:
    error = refused(spec)
    assert error.field == f"spec.{field}"
    assert message in error.message
    assert error.message.endswith("(churn.yaml, line 4)")
    assert error.hint is None if hint is None else hint in str(error.hint)


@pytest.mark.parametrize("transformer", ["", "\n  transformer: {image: b}"])
def test_an_image_for_our_servers_where_there_is_none(transformer: str) -> None:
    error = refused(f"predictor: {{image: a}}\n  serving: {{image: c}}{transformer}")
    assert error.field == "spec"
    assert "serving.image is for our model servers, and here is none" in error.message
    assert error.hint == "leave serving.image out"


def test_an_image_for_our_transformer_beside_a_predictor_of_ones_own() -> None:
    spec = "predictor: {image: a}\n  serving: {image: c}\n  transformer: {class: 'shop:Prepare'}\n"
    assert parse(f"{HEAD}  {spec}").spec.serving.image == "c"
