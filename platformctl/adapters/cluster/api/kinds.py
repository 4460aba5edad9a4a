"""The kinds of objects that are read or written, and their paths in the API."""

from typing import NamedTuple

from platformctl.domain.manifests import Manifest


class Kind(NamedTuple):
    """A kind of object.

    Args:
        group: "" is the core group.
        plural: As paths have it.
    """

    group: str
    version: str
    plural: str
    name: str
    namespaced: bool = True

    @property
    def api_version(self) -> str:
        """As a manifest has it."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str | None = None, name: str | None = None) -> str:
        """Of one object, or of all of a namespace, or of all."""
        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        place = f"/namespaces/{namespace}" if namespace is not None and self.namespaced else ""
        return f"{root}{place}/{self.plural}" + (f"/{name}" if name is not None else "")


CONFIG_MAP = Kind("", "v1", "configmaps", "ConfigMap")
EVENT = Kind("", "v1", "events", "Event")
NAMESPACE = Kind("", "v1", "namespaces", "Namespace", namespaced=False)
NODE = Kind("", "v1", "nodes", "Node", namespaced=False)
LIMIT_RANGE = Kind("", "v1", "limitranges", "LimitRange")
POD = Kind("", "v1", "pods", "Pod")
QUOTA = Kind("", "v1", "resourcequotas", "ResourceQuota")
SECRET = Kind("", "v1", "secrets", "Secret")
SERVICE = Kind("", "v1", "services", "Service")
SERVICE_ACCOUNT = Kind("", "v1", "serviceaccounts", "ServiceAccount")
DEPLOYMENT = Kind("apps", "v1", "deployments", "Deployment")
REPLICA_SET = Kind("apps", "v1", "replicasets", "ReplicaSet")
AUTOSCALER = Kind("autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler")
DISRUPTION_BUDGET = Kind("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget")
LEASE = Kind("coordination.k8s.io", "v1", "leases", "Lease")
CUSTOM_RESOURCE = Kind(
    "apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", namespaced=False
)
ACCESS_REVIEW = Kind(
    "authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", namespaced=False
)
GATEWAY = Kind("gateway.networking.k8s.io", "v1", "gateways", "Gateway")
HTTP_ROUTE = Kind("gateway.networking.k8s.io", "v1", "httproutes", "HTTPRoute")
BACKEND_TRAFFIC_POLICY = Kind(
    "gateway.envoyproxy.io", "v1alpha1", "backendtrafficpolicies", "BackendTrafficPolicy"
)
INFERENCE_SERVICE = Kind("serving.kserve.io", "v1beta1", "inferenceservices", "InferenceService")
STORAGE_CONTAINER = Kind(
    "serving.kserve.io", "v1alpha1", "clusterstoragecontainers", "ClusterStorageContainer", namespaced=False
)
KNATIVE_SERVICE = Kind("serving.knative.dev", "v1", "services", "Service")
KNATIVE_REVISION = Kind("serving.knative.dev", "v1", "revisions", "Revision")
KINGRESS = Kind("networking.internal.knative.dev", "v1alpha1", "ingresses", "Ingress")
SCALED_OBJECT = Kind("keda.sh", "v1alpha1", "scaledobjects", "ScaledObject")


def kind_of(manifest: Manifest) -> Kind:
    """The kind of an object; one of those above."""
    return _BY_NAME[manifest["apiVersion"], manifest["kind"]]


_BY_NAME = {(kind.api_version, kind.name): kind for kind in vars().values() if isinstance(kind, Kind)}
