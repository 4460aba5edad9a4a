"""What the cluster is built from: Go programs, pinned by a go.mod and a go.sum of their own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

GO = Path(__file__).with_name("go")
"""Holds a folder with a go.mod for each component, or for several that share one."""


@dataclass(frozen=True)
class Component:
    """Programs that are built together, into one folder.

    Args:
        name: Unique; the folder's name begins with it.
        module: The folder below `go/` whose go.mod pins what is built.
        programs: The Go package of each program, by the file name that it gets.
        stamped: The Go module whose version is stamped into the programs; "" for none.
        stamps: What each variable of the programs is set to: text with `{version}` (`v1.35.4`), `{major}`
            and `{minor}` of that module.
        folders: What is taken over from a module that go.mod names (charts, manifests): by the name that it
            gets beside the programs, the module and the path inside it.
    """

    name: str
    module: str
    programs: Mapping[str, str]
    stamped: str = ""
    stamps: Mapping[str, str] = field(default_factory=dict)
    folders: Mapping[str, tuple[str, str]] = field(default_factory=dict)


_KUBERNETES = "k8s.io/kubernetes"
_KUBERNETES_STAMPS = {
    f"{package}.{variable}": value
    for package in ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
    for variable, value in {
        "gitVersion": "{version}",
        "gitMajor": "{major}",
        "gitMinor": "{minor}",
        "gitTreeState": "clean",
    }.items()
}


def _kubernetes(name: str, *programs: str) -> Component:
    return Component(
        name,
        "kubernetes",
        {program: f"{_KUBERNETES}/cmd/{program}" for program in programs},
        stamped=_KUBERNETES,
        stamps=_KUBERNETES_STAMPS,
    )


ETCD = Component("etcd", "etcd", {"etcd": "go.etcd.io/etcd/server/v3"})
API = _kubernetes("kubernetes-api", "kube-apiserver", "kubectl")
CONTROL = _kubernetes("kubernetes-control", "kube-controller-manager", "kube-scheduler")
NODE = _kubernetes("kubernetes-node", "kubelet", "kube-proxy")
COREDNS = Component("coredns", "coredns", {"coredns": "github.com/coredns/coredns"})
SMALL = Component(
    "small", "small", {program: f"platformctl.io/tests/small/{program}" for program in ("pause", "answer")}
)
"""What holds a pod's namespaces, and a server for tests of the cluster itself."""
HELM = Component("helm", "helm", {"helm": "helm.sh/helm/v3/cmd/helm"})
VERSITYGW = Component("versitygw", "versitygw", {"versitygw": "github.com/versity/versitygw/cmd/versitygw"})
KSERVE = Component(
    "kserve",
    "kserve",
    {"kserve-controller": "github.com/kserve/kserve/cmd/manager"},
    folders={
        chart: ("github.com/kserve/kserve", f"charts/{chart}") for chart in ("kserve-crd", "kserve-resources")
    },
)
ENVOY_GATEWAY = Component(
    "envoy-gateway",
    "envoy-gateway",
    {"envoy-gateway": "github.com/envoyproxy/gateway/cmd/envoy-gateway"},
    folders={
        chart: ("github.com/envoyproxy/gateway", f"charts/{chart}")
        for chart in ("gateway-crds-helm", "gateway-helm")
    },
)
METRICS_SERVER = Component(
    "metrics-server",
    "metrics-server",
    {"metrics-server": "sigs.k8s.io/metrics-server/cmd/metrics-server"},
    folders={"metrics-server-manifests": ("sigs.k8s.io/metrics-server", "manifests/base")},
)
KNATIVE = Component(
    "knative-serving",
    "knative-serving",
    {
        f"knative-{program}": f"knative.dev/serving/cmd/{program}"
        for program in ("controller", "webhook", "autoscaler", "autoscaler-hpa", "activator", "queue")
    },
    folders={
        "knative-core": ("knative.dev/serving", "config/core"),
        "knative-hpa": ("knative.dev/serving", "config/hpa-autoscaling"),
        "knative-networking": ("knative.dev/networking", "config"),
        "knative-caching": ("knative.dev/caching", "config"),
    },
)

COMPONENTS = (
    *(ETCD, API, SMALL, CONTROL, NODE, COREDNS),
    *(HELM, VERSITYGW, KSERVE, ENVOY_GATEWAY, METRICS_SERVER, KNATIVE),
)
"""In the order in which they are built: what is wanted first is first. Names are unique."""
