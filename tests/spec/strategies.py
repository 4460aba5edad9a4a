"""Deployments, valid and not, for hypothesis."""

from typing import Any

from hypothesis import strategies as st

from platformctl.domain.deployment import (
    CodeClass,
    Image,
    Metadata,
    ModelDeployment,
    ModelSource,
    Promotion,
    Resources,
    Scaling,
    Spec,
)

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
IMAGES = st.builds(
    Image,
    image=st.from_regex(r"[a-z0-9./:@-]{1,40}", fullmatch=True),
    args=st.lists(st.text() | WORDS, max_size=4).map(tuple),
)
SOURCES = st.builds(
    lambda name, signature, one: ModelSource(name=name, signature=signature, **one),
    name=st.none() | MODEL_NAMES,
    signature=st.sampled_from(["required", "optional"]),
    one=st.just({})
    | st.builds(dict, version=st.integers(1, 10**12))
    | st.builds(dict, alias=ALIASES)
    | st.builds(dict, path=TEXT),
)
SCALINGS = st.integers(1, 10_000).flatmap(
    lambda least: st.builds(Scaling, min=st.just(least), max=st.none() | st.integers(least, 10_000))
)
RESOURCES = st.builds(
    Resources,
    cpu=st.sampled_from(["1", "0.5", "500m", "16"]),
    memory=st.sampled_from(["2Gi", "512Mi", "1.5Gi", "2147483648"]),
)
SPECS = st.builds(
    Spec,
    model=SOURCES,
    predictor=st.just("auto") | CLASSES | IMAGES,
    transformer=st.none() | CLASSES | IMAGES,
    resources=RESOURCES,
    scaling=SCALINGS,
    canary=st.none() | st.integers(1, 99),
    keep=st.integers(0, 10_000),
    promotion=st.builds(Promotion, alias=st.none() | ALIASES),
)
DEPLOYMENTS = st.builds(ModelDeployment, metadata=st.builds(Metadata, name=NAMES), spec=SPECS)

VALID: dict[str, Any] = {
    "apiVersion": "platformctl.io/v1alpha1",
    "kind": "ModelDeployment",
    "metadata": {"name": "churn"},
    "spec": {
        "model": {"name": "churn", "alias": "champion", "signature": "optional"},
        "predictor": {"image": "example.com/churn:4", "args": ["--threads", "2"]},
        "transformer": {"class": "features.churn:Prepare", "path": "src"},
        "resources": {"cpu": "500m", "memory": "1Gi"},
        "scaling": {"min": 2, "max": 6},
        "canary": 10,
        "keep": 2,
        "promotion": {"alias": "champion"},
    },
}
