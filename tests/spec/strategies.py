"""Deployments, valid and not, for hypothesis."""

from typing import Any

from hypothesis import strategies as st

from platformctl.domain.components import CodeClass, FeatureTransformer, Format, Image, TransformerClass
from platformctl.domain.deployment import (
    Metadata,
    ModelDeployment,
    ModelSource,
    Promotion,
    Spec,
)
from platformctl.domain.features import Features
from platformctl.domain.options import Batch, Limits, ServerOptions
from platformctl.domain.policy import DEFAULT_WEIGHTS, RolloutPolicy, RolloutStep
from platformctl.domain.policy_gates import Gates, LatencyGate, QueryGate, RateGate
from platformctl.domain.resources import Gpu, Resources, Toleration
from platformctl.domain.scaling import Prometheus, Scaling

NAMES = st.from_regex(r"[a-z]([-a-z0-9]{0,20}[a-z0-9])?", fullmatch=True)
WORDS = st.sampled_from(
    ["NO", "on", "~", "1e3", "0o17", "0x1F", "1_000", "12:30", "2026-01-01", "<<", "=", "a: b"]
)
TEXT = st.text(min_size=1) | WORDS
PATHS = st.none() | TEXT
MODEL_NAMES = TEXT.filter(lambda text: bool(text.strip()) and not {"/", ":"} & set(text))
ALIASES = st.from_regex(r"[a-z][a-z0-9_-]{0,20}", fullmatch=True).filter(
    lambda text: text != "latest" and not (text[0] == "v" and text[1:].isdigit())
)
CLASSES = st.builds(
    CodeClass,
    class_=st.from_regex(r"[A-Za-z_]{1,9}(\.[a-z]{1,5})?:[A-Z][a-z]{1,9}", fullmatch=True),
    path=PATHS,
)
FORMATS = st.builds(
    Format,
    format=st.sampled_from(["auto", "sklearn", "pipeline", "onnx", "pyfunc"]),
    output=st.sampled_from([None, "label", "probability", "both"]),
)
PLACEMENTS = st.sampled_from(["collocated", "separate"])
TRANSFORMER_CLASSES = st.builds(
    lambda code, placement: TransformerClass(class_=code.class_, path=code.path, placement=placement),
    CLASSES,
    PLACEMENTS,
)
COLUMNS = st.lists(TEXT, unique=True, max_size=4)
VALUES_OF_A_COLUMN = st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT
FEATURES = COLUMNS.flatmap(
    lambda columns: st.builds(
        Features,
        rename=st.just({f"{name} of old": name for name in columns}),
        default=st.dictionaries(TEXT, VALUES_OF_A_COLUMN, max_size=3),
        cast=st.dictionaries(st.sampled_from(columns), st.just("string")) if columns else st.just({}),
        select=st.none() | st.just(tuple(columns) or None),
    )
)
FEATURE_TRANSFORMERS = st.builds(FeatureTransformer, features=FEATURES, placement=PLACEMENTS)
OPTIONS = st.builds(
    ServerOptions,
    batch=st.builds(Batch, rows=st.integers(1, 100_000), by_row=st.none() | st.booleans()),
    limits=st.builds(
        Limits,
        queue=st.integers(1, 10**9),
        rows=st.integers(1, 10**9),
        body=st.sampled_from(["32Mi", "1Ki", "100M", "2048"]),
        body_seconds=st.floats(0.001, 1e6),
    ),
    access_log=st.floats(0, 1),
)
IMAGES = st.builds(
    Image,
    image=st.from_regex(r"[a-z0-9./:@-]{1,40}", fullmatch=True),
    args=st.lists(st.text() | WORDS, max_size=4).map(tuple),
    port=st.integers(1, 65_535),
    env=st.dictionaries(st.from_regex(r"[A-Z_]{1,4}", fullmatch=True), st.text() | WORDS, max_size=3),
    protocol=st.sampled_from(["v1", "v2"]),
    model=st.booleans(),
)
SOURCES = st.builds(
    lambda one, **others: ModelSource(**others, **one),
    name=st.none() | MODEL_NAMES,
    allow_version_skew=st.booleans(),
    trusted_types=st.lists(st.from_regex(r"[a-z]{1,9}(\.[A-Z][a-z]{1,9})?", fullmatch=True)).map(tuple),
    signature=st.sampled_from(["required", "optional"]),
    one=st.just({})
    | st.builds(dict, version=st.integers(1, 10**12))
    | st.builds(dict, alias=ALIASES)
    | st.builds(dict, path=TEXT),
)
PROMETHEUS = st.builds(
    Prometheus,
    address=st.sampled_from(["http://prometheus:9090", "https://[::1]/p", "http://10.0.0.1"]),
    query=TEXT.filter(lambda text: bool(text.strip())),
    threshold=st.floats(0.001, 1e12),
)
TARGETS = st.fixed_dictionaries({}, optional={"cpu": st.integers(1, 100), "memory": st.integers(1, 100)})
REQUESTS = st.sampled_from(["concurrency", "rps"]).flatmap(
    lambda target: st.fixed_dictionaries({target: st.integers(1, 1_000_000)})
)
SCALINGS = (
    st.builds(Scaling, min=st.integers(0, 10_000))
    | st.integers(1, 9_999).flatmap(
        lambda least: st.builds(
            lambda most, targets: Scaling(min=least, max=most, **targets),
            st.integers(least + 1, 10_000),
            TARGETS | st.builds(dict, prometheus=PROMETHEUS) | REQUESTS,
        )
    )
    | st.builds(
        lambda most, targets: Scaling(min=0, max=most, **targets),
        st.none() | st.integers(1, 10_000),
        REQUESTS,
    )
)
LABELS = st.dictionaries(
    st.from_regex(r"([a-z]{1,3}\.[a-z]{1,3}/)?[A-Za-z]([-a-z_.]{0,5}[0-9])?", fullmatch=True),
    st.from_regex(r"([A-Za-z0-9]([-a-z_.]{0,5}[0-9])?)?", fullmatch=True) | st.sampled_from(["NO", "1.0"]),
    max_size=3,
)
GPUS = st.builds(
    Gpu,
    count=st.integers(1, 8),
    resource=st.sampled_from(["nvidia.com/gpu", "nvidia.com/mig-1g.5gb"]),
    product=st.none() | st.sampled_from(["NVIDIA-L4", "Tesla-T4-SHARED"]),
    shared_memory=st.none() | st.sampled_from(["64Mi", "512Mi"]),
)
TOLERATIONS = st.builds(
    lambda one, effect: Toleration(**one, **effect),
    st.just({"operator": "Exists"})
    | st.builds(dict, key=st.sampled_from(["gpu", "example.com/pool"]), value=st.sampled_from(["", "NO"])),
    st.builds(dict, effect=st.sampled_from([None, "NoSchedule", "PreferNoSchedule"]))
    | st.builds(dict, effect=st.just("NoExecute"), toleration_seconds=st.none() | st.integers(0, 10**6)),
)
RESOURCES = st.builds(
    Resources,
    cpu=st.sampled_from(["1", "0.5", "500m", "16"]),
    memory=st.sampled_from(["2Gi", "512Mi", "1.5Gi", "2147483648"]),
    gpu=st.integers(0, 8) | GPUS,
    node_selector=LABELS,
    tolerations=st.lists(TOLERATIONS, max_size=3).map(tuple),
)

DURATIONS = st.sampled_from(["0s", "250ms", "30s", "1.5m", "5m", "2h", "1h30m"])
STEPS = st.builds(
    lambda weights, hold, requests, gate: tuple(
        RolloutStep(weight=weight, hold=hold, min_requests=requests, gate=gate) for weight in sorted(weights)
    ),
    st.sets(st.integers(1, 99), max_size=5),
    DURATIONS,
    st.integers(0, 10**9),
    st.sampled_from([None, "manual"]),
).map(lambda steps: (*steps, RolloutStep(weight=100)))
RATES: Any = {
    "margin": st.floats(1.1, 100),
    "limit": st.none() | st.floats(0.00001, 0.9),
    "unit": st.sampled_from(["request", "window"]),
}
THRESHOLDS = st.none() | DURATIONS.filter(lambda text: text != "0s")
QUERIES = st.builds(
    lambda name, of, ends, address: QueryGate(
        name=name, query='sum(x{revision="{revision}"})', of=of, address=address, **ends
    ),
    st.from_regex(r"[a-z]([a-z0-9-]{0,9}[a-z0-9])?", fullmatch=True).filter(
        lambda name: name not in {"errors", "latency"}
    ),
    st.sampled_from(["value", "ratio"]),
    st.fixed_dictionaries({"max": st.floats(0, 1e300)}, optional={"min": st.floats(-1e300, 0)}),
    st.none() | st.just("http://prometheus:9090"),
)
GATES = st.builds(
    Gates,
    errors=st.booleans() | st.builds(RateGate, **RATES),
    latency=st.booleans() | st.builds(LatencyGate, threshold=THRESHOLDS, **RATES),
    client_errors=st.booleans() | st.builds(RateGate, **RATES),
    queries=st.lists(QUERIES, unique_by=lambda gate: gate.name, max_size=2).map(tuple),
)
POLICIES = st.builds(
    RolloutPolicy,
    steps=st.just(DEFAULT_WEIGHTS) | STEPS,
    gates=GATES,
    alpha=st.floats(0.0001, 0.2),
    on_fail=st.sampled_from(["rollback", "pause"]),
    on_inconclusive=st.sampled_from(["hold", "promote", "rollback"]),
    deadline=st.just("7d"),
    bake=DURATIONS,
)
TAKING_OVER: st.SearchStrategy[dict[str, Any]] = st.builds(
    dict, canary=st.none() | st.integers(1, 99)
) | st.builds(dict, rollout=POLICIES)


def _spec(
    serving: ServerOptions, image: str | None, taking_over: dict[str, Any], **others: Any
) -> Spec:  # any field of a Spec
    """Our model servers run in that image, if there are any."""
    ours = not isinstance(others["predictor"], Image) or not isinstance(others["transformer"], Image | None)
    return Spec(
        serving=serving.model_copy(update={"image": image if ours else None}), **taking_over, **others
    )


SPECS = st.builds(
    _spec,
    image=st.none() | st.just("example.com/model:1"),
    model=SOURCES,
    predictor=st.just("auto") | FORMATS | CLASSES | IMAGES,
    transformer=st.none() | FEATURE_TRANSFORMERS | TRANSFORMER_CLASSES | IMAGES,
    serving=OPTIONS,
    resources=RESOURCES,
    scaling=SCALINGS,
    taking_over=TAKING_OVER,
    keep=st.integers(0, 10_000),
    promotion=st.builds(Promotion, alias=st.none() | ALIASES),
)
DEPLOYMENTS = st.builds(ModelDeployment, metadata=st.builds(Metadata, name=NAMES), spec=SPECS)

VALID: dict[str, Any] = {
    "apiVersion": "platformctl.io/v1alpha1",
    "kind": "ModelDeployment",
    "metadata": {"name": "churn"},
    "spec": {
        "model": {
            "name": "churn",
            "alias": "champion",
            "signature": "optional",
            "trustedTypes": ["shop.Scaler"],
        },
        "predictor": {
            "image": "example.com/churn:4",
            "args": ["--threads", "2"],
            "port": 9000,
            "env": {"THREADS": "2"},
            "protocol": "v2",
            "model": False,
        },
        "transformer": {"class": "features.churn:Prepare", "path": "src", "placement": "separate"},
        "serving": {
            "batch": {"rows": 32, "byRow": True},
            "limits": {"queue": 100, "rows": 1000, "body": "1Mi", "bodySeconds": 5},
            "accessLog": 0.01,
        },
        "resources": {
            "cpu": "500m",
            "memory": "1Gi",
            "gpu": {
                "count": 1,
                "resource": "nvidia.com/gpu",
                "product": "NVIDIA-L4",
                "sharedMemory": "256Mi",
            },
            "nodeSelector": {"example.com/pool": "gpu"},
            "tolerations": [
                {"key": "example.com/gpu", "operator": "Equal", "value": "yes", "effect": "NoSchedule"},
                {"operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 60},
            ],
        },
        "scaling": {"min": 2, "max": 6, "cpu": 70, "memory": 80},
        "canary": 10,
        "keep": 2,
        "promotion": {"alias": "champion"},
    },
}

OF_OURS: dict[str, Any] = {
    "metadata": {"name": "churn"},
    "spec": {
        "predictor": {"format": "onnx", "output": "both"},
        "transformer": {
            "features": {
                "rename": {"Age": "age"},
                "default": {"plan": "basic", "age": 30},
                "cast": {"age": "long"},
                "select": ["age", "plan"],
            },
            "placement": "separate",
        },
        "serving": {"image": "example.com/platformctl-model:3f9a1c"},
        "resources": {"gpu": 2},
        "scaling": {
            "max": 4,
            "prometheus": {"address": "http://prometheus:9090", "query": "sum(up)", "threshold": 50},
        },
        "rollout": {
            "steps": [
                5,
                {"weight": 25, "hold": "5m", "minRequests": 500},
                {"weight": 50, "hold": "1h", "gate": "manual"},
                100,
            ],
            "gates": {
                "errors": {"margin": 1.5, "limit": 0.02, "unit": "window"},
                "latency": {"threshold": "250ms", "margin": 3},
                "clientErrors": False,
                "queries": [
                    {
                        "name": "revenue",
                        "query": 'sum(rate(revenue{revision="{revision}"}[5m]))',
                        "address": "http://prometheus:9090",
                        "of": "ratio",
                        "min": 0.9,
                        "max": 1.5,
                        "failures": 3,
                    }
                ],
            },
            "alpha": 0.005,
            "onFail": "pause",
            "onInconclusive": "promote",
            "deadline": "2d",
            "bake": "30m",
        },
    },
}
"""The other shapes of a predictor and a transformer, and the other way to take over."""
