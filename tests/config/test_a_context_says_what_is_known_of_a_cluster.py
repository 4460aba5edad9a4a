import tomllib
from pathlib import Path

import pytest

from platformctl.domain.cluster import Gateway, Images, Shape, Storage
from platformctl.domain.cluster_options import ClusterOptions, shape
from platformctl.domain.configuration import interpret
from platformctl.domain.errors import SpecError
from platformctl.domain.names import Name

pytestmark = pytest.mark.quick

PATH = Path("/repo/platformctl.toml")
EVERYTHING = """
[contexts.production]
target = "cluster"
kube_context = "prod-eu"
kubeconfig = "~/prod.yaml"
namespace = "models"
gateway = "infra/public"
host = "{name}.{namespace}.ml.example.com"
mode = "knative"
kserve = "0.17"
images = "ghcr.io/team"
transformer_image = "ghcr.io/team/own@sha256:DIGEST"
pull_secrets = ["ghcr", "mirror"]
storage_secret = "s3-credentials"
service_account = "models"
prometheus = "http://prometheus.monitoring:9090"

[contexts.production.storage]
"mlflow-artifacts:/" = "s3://models/mlflow"
"/mnt/mlruns" = "pvc://mlruns"
""".replace("DIGEST", "0" * 64)


def options(text: str) -> ClusterOptions:
    return interpret(tomllib.loads(text), PATH, Path("/home/ada")).contexts["production"].cluster


def test_everything_that_can_be_said() -> None:
    said = options(EVERYTHING)
    assert (said.kube_context, said.kubeconfig) == ("prod-eu", Path("/home/ada/prod.yaml"))
    assert said.mode == "knative"
    assert said.prometheus == "http://prometheus.monitoring:9090"
    assert shape(said, "models", "1.2.0") == Shape(
        namespace="models",
        images=Images(
            predictor="ghcr.io/team/platformctl-predictor:1.2.0",
            transformer="ghcr.io/team/own@sha256:" + "0" * 64,
            pull_secrets=("ghcr", "mirror"),
        ),
        kserve="0.17",
        gateway=Gateway("infra", "public"),
        host="{name}.{namespace}.ml.example.com",
        storage=Storage(
            {"mlflow-artifacts:/": "s3://models/mlflow", "/mnt/mlruns": "pvc://mlruns"},
            secret="s3-credentials",  # noqa: S106 - the name of a Secret
            service_account="models",
        ),
    )


def test_what_is_not_said_is_the_same_everywhere() -> None:
    nothing = shape(ClusterOptions(), None, "0.1.0")
    assert nothing == Shape(
        namespace="default",
        images=Images(
            "localhost/platformctl-predictor:0.1.0",
            "localhost/platformctl-transformer:0.1.0",
        ),
    )
    assert nothing.host_of(Name("churn")) == "churn-default.example.com"


def test_a_local_version_is_a_tag() -> None:
    images = shape(ClusterOptions(), None, "0.1.0.dev1+g3f9a1c").images
    assert images.predictor == "localhost/platformctl-predictor:0.1.0.dev1_g3f9a1c"


def test_what_was_read_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        options(EVERYTHING).storage["s3://a"] = "s3://b"  # type: ignore[index]


@pytest.mark.parametrize(
    ("line", "key", "message", "hint"),
    [
        ("mode = 'Knative'", "mode", "'Knative' is not a mode", "did you mean knative?"),
        ("mode = true", "mode", "true is not a mode", "known: auto, knative, standard"),
        ("mode = ['auto']", "mode", "a list is not a mode", "known: auto, knative, standard"),
        ("kserve = 0.20", "kserve", "the version 0.2 is a number", 'write it in quotes: "0.20"'),
        ("kserve = '0.18'", "kserve", "'0.18' is not a version", "known: 0.15, 0.16, 0.17, 0.19, 0.20"),
        ("gateway = 'public'", "gateway", "'public' is not a Gateway", "kserve/kserve-ingress-gateway"),
        ("gateway = 'a/b/c'", "gateway", "'a/b/c' is not a Gateway", "NAMESPACE/NAME"),
        ("host = '{nmae}.example.com'", "host", "'{nmae}' stands for nothing", "did you mean name?"),
        ("host = 'models.example.com'", "host", "all deployments would have the host", "put {name} into it"),
        ("host = '{name}_x.example.com'", "host", "is not a host", "{name}-{namespace}.example.com"),
        ("host = 3", "host", "must be text, not 3", "such as"),
        ("images = 'ghcr.io/Team'", "images", "'ghcr.io/Team' is not where images can be", "ghcr.io/your"),
        ("images = 3", "images", "3 is not where images can be", "ghcr.io/your"),
        ("predictor_image = 'ghcr.io/a/b'", "predictor_image", "may be another image tomorrow", "version"),
        ("predictor_image = 'r:5000/b'", "predictor_image", "may be another image tomorrow", "version"),
        ("predictor_image = 'a:latest'", "predictor_image", "may be another image tomorrow", "digest"),
        ("transformer_image = 'a@sha256:12'", "transformer_image", "has no SHA-256 digest", "such as"),
        ("transformer_image = 'a b:1'", "transformer_image", "'a b:1' is not an image", "such as"),
        ("pull_secrets = 'ghcr'", "pull_secrets", "must be a list, not 'ghcr'", 'write ["NAME"]'),
        ("pull_secrets = ['GHCR']", "pull_secrets", "'GHCR' is not the name of an object", "lower-case"),
        ("storage_secret = 'a/b'", "storage_secret", "'a/b' is not the name of an object", "lower-case"),
        ("service_account = 1", "service_account", "1 is not the name of an object", "lower-case"),
        ("prometheus = 'prometheus:9090'", "prometheus", "'prometheus:9090' is not a URL", "http://"),
        (
            "prometheus = 'http://me:s3cret@p:9090'",
            "prometheus",
            "the URL has a user or a password",
            "lets us",
        ),
        ("prometheus = 'http://[1'", "prometheus", "is not a URL", "http://"),
        ("kubecontext = 'a'", "kubecontext", "there is no such key", "did you mean kube_context?"),
        ("storage = 's3://a'", "storage", "must be a table, not 's3://a'", "write [contexts.a.storage]"),
        ("storage.models = 's3://a'", 'storage."models"', "'models' is not how a URI begins", "mlflow"),
        ("storage.'s3://a' = 'b'", 'storage."s3://a"', "'b' is not where pods can read", "s3://bucket"),
        ("storage.'/a' = 'models://b'", 'storage."/a"', "pods cannot read from 'models://b'", "s3://bucket"),
    ],
)
def test_a_key_of_a_cluster_that_is_wrong(line: str, key: str, message: str, hint: str) -> None:
    with pytest.raises(SpecError) as caught:
        interpret(tomllib.loads(f"[contexts.a]\n{line}\n"), PATH, None)
    assert caught.value.field == f"contexts.a.{key}"
    assert message in caught.value.message
    assert hint in str(caught.value.hint)
