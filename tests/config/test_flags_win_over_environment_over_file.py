from pathlib import Path

import pytest

from platformctl.domain.cluster_options import ClusterOptions
from platformctl.domain.configuration import ConfigFile, Context
from platformctl.domain.errors import NotFound, SpecError
from platformctl.domain.settings import Flags, Setting, Settings, settle

pytestmark = pytest.mark.quick

CWD = Path("/srv")
PLAIN = {"HOME": "/home/ada"}
CLUSTER = ClusterOptions(
    kube_context="prod-eu", kubeconfig=Path("/repo/kube.yaml"), mode="knative", images="ghcr.io/team"
)
FILE = ConfigFile(
    path=Path("/repo/platformctl.toml"),
    context="laptop",
    contexts={
        "laptop": Context(),
        "production": Context(
            target="cluster",
            namespace="models",
            registry="https://mlflow.example.com",
            specs=Path("/repo/deploy"),
            home=Path("/repo/.home"),
            port=9000,
            cluster=CLUSTER,
        ),
    },
)
INSIDE = "file /repo/platformctl.toml, context production"


def settled(flags: Flags | None = None, file: ConfigFile | None = None, **environ: str) -> Settings:
    return settle(flags or Flags(), {**PLAIN, **environ}, file, cwd=CWD)


def test_nothing_is_configured() -> None:
    assert settled() == Settings(
        context=Setting(None, "default"),
        target=Setting("local", "default"),
        namespace=Setting(None, "kubeconfig"),
        kube_context=Setting(None, "kubeconfig"),
        kubeconfig=Setting(None, "default"),
        mode=Setting("auto", "default"),
        registry=Setting(None, "default: the local stack"),
        specs=Setting(None, "default"),
        home=Setting(Path("/home/ada/.local/share/platformctl"), "default"),
        port=Setting(None, "default"),
        file=None,
    )


def test_a_context_gives_all_its_values_with_their_origin() -> None:
    assert settled(Flags(context="production"), FILE) == Settings(
        context=Setting("production", "flag --context"),
        target=Setting("cluster", INSIDE),
        namespace=Setting("models", INSIDE),
        kube_context=Setting("prod-eu", INSIDE),
        kubeconfig=Setting(Path("/repo/kube.yaml"), INSIDE),
        mode=Setting("knative", INSIDE),
        registry=Setting("https://mlflow.example.com", INSIDE),
        specs=Setting(Path("/repo/deploy"), INSIDE),
        home=Setting(Path("/repo/.home"), INSIDE),
        port=Setting(9000, INSIDE),
        file=Path("/repo/platformctl.toml"),
        cluster=CLUSTER,
    )


def test_every_flag_wins_over_everything() -> None:
    flags = Flags(
        context="production",
        target="local",
        registry="http://127.0.0.1:5000",
        home=Path("~/here"),
        port=1,
        namespace="churn-team",
        kube_context="kind",
        mode="auto",
    )
    everything = {
        "PLATFORMCTL_CONTEXT": "laptop",
        "PLATFORMCTL_TARGET": "cluster",
        "PLATFORMCTL_HOME": "/env",
        "PLATFORMCTL_NAMESPACE": "env",
        "PLATFORMCTL_KUBE_CONTEXT": "env",
        "PLATFORMCTL_MODE": "standard",
        "MLFLOW_REGISTRY_URI": "http://env",
        "MLFLOW_TRACKING_URI": "http://env",
        "XDG_DATA_HOME": "/xdg",
    }
    assert settled(flags, FILE, **everything) == Settings(
        context=Setting("production", "flag --context"),
        target=Setting("local", "flag --target"),
        namespace=Setting("churn-team", "flag --namespace"),
        kube_context=Setting("kind", "flag --kube-context"),
        kubeconfig=Setting(Path("/repo/kube.yaml"), INSIDE),
        mode=Setting("auto", "flag --mode"),
        registry=Setting("http://127.0.0.1:5000", "flag --registry"),
        specs=Setting(Path("/repo/deploy"), INSIDE),
        home=Setting(Path("/home/ada/here"), "flag --home"),
        port=Setting(1, "flag --port"),
        file=Path("/repo/platformctl.toml"),
        cluster=CLUSTER,
    )


def test_the_context_is_flag_then_variable_then_file() -> None:
    assert settled(file=FILE).context == Setting("laptop", "file /repo/platformctl.toml")
    by_variable = settled(file=FILE, PLATFORMCTL_CONTEXT="production")
    assert by_variable.context == Setting("production", "variable PLATFORMCTL_CONTEXT")
    by_flag = settled(Flags(context="laptop"), FILE, PLATFORMCTL_CONTEXT="production")
    assert by_flag.context == Setting("laptop", "flag --context")


def test_the_target_is_flag_then_variable_then_context() -> None:
    chosen = Flags(context="production")
    assert settled(chosen, FILE, PLATFORMCTL_TARGET="local").target == Setting(
        "local", "variable PLATFORMCTL_TARGET"
    )
    assert settled(chosen, FILE).target == Setting("cluster", INSIDE)


def test_the_namespace_and_the_kube_context_are_flag_then_variable_then_context() -> None:
    environ = {"PLATFORMCTL_NAMESPACE": "env", "PLATFORMCTL_KUBE_CONTEXT": "kind"}
    by_variable = settled(Flags(context="production"), FILE, **environ)
    assert by_variable.namespace == Setting("env", "variable PLATFORMCTL_NAMESPACE")
    assert by_variable.kube_context == Setting("kind", "variable PLATFORMCTL_KUBE_CONTEXT")
    assert settled(Flags(context="production"), FILE).namespace == Setting("models", INSIDE)


def test_the_mode_is_flag_then_variable_then_context_then_what_the_cluster_has() -> None:
    chosen = Flags(context="production")
    by_flag = settled(Flags(context="production", mode="auto"), FILE, PLATFORMCTL_MODE="standard")
    assert by_flag.mode == Setting("auto", "flag --mode")
    by_variable = settled(chosen, FILE, PLATFORMCTL_MODE="standard")
    assert by_variable.mode == Setting("standard", "variable PLATFORMCTL_MODE")
    assert settled(chosen, FILE).mode == Setting("knative", INSIDE)
    assert settled(chosen, FILE, PLATFORMCTL_MODE="").mode == Setting("knative", INSIDE)
    assert settled(file=FILE).mode == Setting("auto", "default")


def test_the_registry_is_context_then_mlflows_variables_then_the_local_stack() -> None:
    both = {"MLFLOW_REGISTRY_URI": "http://registry", "MLFLOW_TRACKING_URI": "http://tracking"}
    assert settled(Flags(context="production"), FILE, **both).registry.origin == INSIDE
    assert settled(None, FILE, **both).registry == Setting("http://registry", "variable MLFLOW_REGISTRY_URI")
    tracking = settled(file=FILE, MLFLOW_TRACKING_URI="http://tracking").registry
    assert tracking == Setting("http://tracking", "variable MLFLOW_TRACKING_URI")
    assert settled(file=FILE).registry == Setting(None, "default: the local stack")


def test_the_home_is_variable_then_context_then_xdg_then_the_default() -> None:
    chosen = Flags(context="production")
    assert settled(chosen, FILE, PLATFORMCTL_HOME="h").home == Setting(
        Path("/srv/h"), "variable PLATFORMCTL_HOME"
    )
    assert settled(chosen, FILE, XDG_DATA_HOME="/xdg").home == Setting(Path("/repo/.home"), INSIDE)
    assert settled(XDG_DATA_HOME="/xdg").home == Setting(Path("/xdg/platformctl"), "variable XDG_DATA_HOME")
    assert settled(XDG_DATA_HOME="relative").home.origin == "default"


def test_an_empty_variable_is_not_set() -> None:
    empty = dict.fromkeys(
        (
            "PLATFORMCTL_CONTEXT",
            "PLATFORMCTL_TARGET",
            "PLATFORMCTL_HOME",
            "PLATFORMCTL_MODE",
            "PLATFORMCTL_NAMESPACE",
            "PLATFORMCTL_KUBE_CONTEXT",
            "MLFLOW_TRACKING_URI",
            "XDG_DATA_HOME",
        ),
        "",
    )
    assert settled(None, None, **empty) == settled()


def test_without_any_home_it_says_so() -> None:
    with pytest.raises(SpecError) as caught:
        settle(Flags(), {}, None, cwd=CWD)
    assert str(caught.value) == "--home: there is no home folder: HOME is not set"
    assert settle(Flags(home=Path("/h")), {}, None, cwd=CWD).home.value == Path("/h")


def test_an_unknown_context_lists_the_known() -> None:
    with pytest.raises(NotFound) as caught:
        settled(Flags(context="prodction"), FILE)
    assert str(caught.value) == "--context: there is no context 'prodction' in /repo/platformctl.toml"
    assert caught.value.hint == "did you mean production? known: laptop, production"
    with pytest.raises(NotFound) as caught:
        settled(file=FILE, PLATFORMCTL_CONTEXT="zebra")
    assert caught.value.field == "PLATFORMCTL_CONTEXT"
    assert caught.value.hint == "known: laptop, production"


def test_a_context_without_a_file_says_that_there_is_none() -> None:
    with pytest.raises(NotFound) as caught:
        settled(Flags(context="production"))
    assert caught.value.message == "there is no context 'production': no configuration file was found"
    assert "platformctl.toml" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("flags", "environ", "text", "hint"),
    [
        (Flags(target="clutser"), {}, "--target: 'clutser' is not a target", "did you mean cluster?"),
        (
            Flags(),
            {"PLATFORMCTL_TARGET": "x"},
            "PLATFORMCTL_TARGET: 'x' is not a target",
            "known: cluster, local",
        ),
        (
            Flags(),
            {"PLATFORMCTL_NAMESPACE": "No"},
            "PLATFORMCTL_NAMESPACE: 'No' is not a namespace",
            "lower-case",
        ),
        (Flags(mode="knativ"), {}, "--mode: 'knativ' is not a mode", "did you mean knative?"),
        (
            Flags(),
            {"PLATFORMCTL_MODE": "Standard"},
            "PLATFORMCTL_MODE: 'Standard' is not a mode",
            "standard?",
        ),
        (
            Flags(mode="Serverless"),
            {},
            "--mode: 'Serverless' is not a mode",
            "known: auto, knative, standard",
        ),
        (Flags(kube_context="\n"), {}, "--kube-context: must be text on one line, not '\\n'", "quotes"),
        (Flags(port=70_000), {}, "--port: 70000 is not a port", "from 1 to 65535"),
        (Flags(registry=" "), {}, "--registry: must be text on one line, not ' '", "quotes"),
    ],
)
def test_a_wrong_flag_or_variable_is_named(
    flags: Flags, environ: dict[str, str], text: str, hint: str
) -> None:
    with pytest.raises(SpecError) as caught:
        settled(flags, FILE, **environ)
    assert str(caught.value) == text
    assert hint in str(caught.value.hint)
