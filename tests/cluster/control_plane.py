"""etcd, the API server, the controllers and the scheduler, as processes beside the node."""

import base64
import http.client
import json
import ssl
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.cluster import certificates
from tests.cluster.certificates import Authority, Pair
from tests.cluster.places import API_PORT, API_SERVICE, DOMAIN, NODE, PODS, SERVICES
from tests.cluster.processes import ClusterError, Namespaces, Running

_STORE = "http://127.0.0.1:2379"
_STORE_PEERS = "http://127.0.0.1:2380"
_FRONT_PROXY = "front-proxy-client"
_AUDIT = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [
        # The system's own chatter would drown what a test asks for.
        {"level": "None", "userGroups": ["system:nodes", "system:serviceaccounts:kube-system"]},
        {"level": "None", "users": ["system:apiserver", "system:kube-scheduler", "system:kube-proxy"]},
        {"level": "Metadata"},
    ],
}
_PATIENCE = 60.0
"""Seconds until an API server must answer."""


def kubeconfig(path: Path, pair: Pair, authority: Authority, *, namespace: str = "default") -> Path:
    """Write how a client reaches the API server, with its certificates inside."""
    name = "test"
    user = {
        "client-certificate-data": _base64(pair.certificate),
        "client-key-data": _base64(pair.key),
    }
    cluster = {
        "server": f"https://{NODE}:{API_PORT}",
        "certificate-authority-data": _base64(authority.certificate),
    }
    said = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "contexts": [{"name": name, "context": {"cluster": name, "user": name, "namespace": namespace}}],
        "clusters": [{"name": name, "cluster": cluster}],
        "users": [{"name": name, "user": user}],
    }
    path.touch(mode=0o600)
    path.write_text(json.dumps(said, indent=2))  # JSON is YAML
    return path


def _base64(file: Path) -> str:
    return base64.b64encode(file.read_bytes()).decode()


def start_api(
    namespaces: Namespaces, programs: Mapping[str, Path], authority: Authority, state: Path, memory: Path
) -> tuple[Running, ...]:
    """Start the store and the API server."""
    store = namespaces.start("etcd", [programs["etcd"], *_flags(_store(memory / "etcd"))])
    flags = _flags(_api(authority, state))
    return store, namespaces.start("kube-apiserver", [programs["kube-apiserver"], *flags])


def _flags(settings: Mapping[str, object]) -> list[str]:
    return [f"--{name}={value}" for name, value in settings.items()]


def _store(data: Path) -> dict[str, object]:
    return {
        "data-dir": data,
        "listen-client-urls": _STORE,
        "advertise-client-urls": _STORE,
        "listen-peer-urls": _STORE_PEERS,
        "initial-advertise-peer-urls": _STORE_PEERS,
        "initial-cluster": f"default={_STORE_PEERS}",
        "unsafe-no-fsync": "true",
        "log-level": "warn",
    }


def _api(authority: Authority, state: Path) -> dict[str, object]:
    names = [f"kubernetes{rest}" for rest in ("", ".default", ".default.svc", f".default.svc.{DOMAIN}")]
    own = authority.issue("kube-apiserver", hosts=[*names, "localhost", "127.0.0.1", NODE, API_SERVICE])
    kubelet = authority.issue("kube-apiserver-kubelet-client", groups=["system:masters"])
    proxy = authority.issue(_FRONT_PROXY)
    private, public = certificates.signing_key(state / "certificates")
    policy = state / "audit.json"
    policy.write_text(json.dumps(_AUDIT))
    return {
        "etcd-servers": _STORE,
        "advertise-address": NODE,
        "secure-port": API_PORT,
        "service-cluster-ip-range": SERVICES,
        "tls-cert-file": own.certificate,
        "tls-private-key-file": own.key,
        "client-ca-file": authority.certificate,
        "service-account-issuer": f"https://kubernetes.default.svc.{DOMAIN}",
        "service-account-signing-key-file": private,
        "service-account-key-file": public,
        "authorization-mode": "Node,RBAC",
        "enable-admission-plugins": "NodeRestriction",
        "allow-privileged": "true",
        "kubelet-certificate-authority": authority.certificate,
        "kubelet-client-certificate": kubelet.certificate,
        "kubelet-client-key": kubelet.key,
        "kubelet-preferred-address-types": "InternalIP",
        "requestheader-client-ca-file": authority.certificate,
        "requestheader-allowed-names": _FRONT_PROXY,
        "requestheader-extra-headers-prefix": "X-Remote-Extra-",
        "requestheader-group-headers": "X-Remote-Group",
        "requestheader-username-headers": "X-Remote-User",
        "proxy-client-cert-file": proxy.certificate,
        "proxy-client-key-file": proxy.key,
        "enable-aggregator-routing": "true",
        "audit-policy-file": policy,
        "audit-log-path": state / "logs" / "audit.log",
        "audit-log-maxsize": 100,
        "profiling": "false",
    }


def await_api(authority: Authority, running: Sequence[Running]) -> None:
    """Return when the API server says that it is ready.

    Raises:
        ClusterError: It ended, or takes too long.
    """
    client = authority.issue("probe")
    context = ssl.create_default_context(cafile=str(authority.certificate))
    context.load_cert_chain(client.certificate, client.key)
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        for each in running:
            each.still()
        if _ready(context):
            return
        time.sleep(0.1)
    raise ClusterError(f"the API server is not ready after {_PATIENCE:g} s:\n{running[-1].said()}")


def _ready(context: ssl.SSLContext) -> bool:
    connection = http.client.HTTPSConnection(NODE, API_PORT, timeout=5, context=context)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


def start_controllers(
    namespaces: Namespaces, programs: Mapping[str, Path], authority: Authority, state: Path
) -> tuple[Running, ...]:
    """Start the controllers and the scheduler; the API server must be ready."""
    controllers = {
        "kubeconfig": _client("kube-controller-manager", authority, state),
        "bind-address": "127.0.0.1",
        "cluster-cidr": PODS,
        "cluster-signing-cert-file": authority.pair.certificate,
        "cluster-signing-key-file": authority.pair.key,
        "horizontal-pod-autoscaler-downscale-stabilization": "20s",
        "horizontal-pod-autoscaler-initial-readiness-delay": "5s",
        "horizontal-pod-autoscaler-cpu-initialization-period": "20s",
        "horizontal-pod-autoscaler-sync-period": "5s",
        "leader-elect": "false",
        "root-ca-file": authority.certificate,
        "service-account-private-key-file": state / "certificates" / "accounts.key",
        "use-service-account-credentials": "true",
    }
    scheduler = {
        "bind-address": "127.0.0.1",
        "kubeconfig": _client("kube-scheduler", authority, state),
        "leader-elect": "false",
    }
    settings = {"kube-controller-manager": controllers, "kube-scheduler": scheduler}
    return tuple(namespaces.start(name, [programs[name], *_flags(flags)]) for name, flags in settings.items())


def _client(name: str, authority: Authority, state: Path) -> Path:
    return kubeconfig(state / f"{name}.json", authority.issue(f"system:{name}"), authority)
