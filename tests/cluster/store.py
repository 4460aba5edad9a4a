"""An S3 store, and an MLflow server that writes its artifacts there. Both run beside the node."""

import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass

from tests.cluster.cluster import Cluster
from tests.cluster.processes import ClusterError, Running

_SECONDS = 120.0
_S3_PORT, _MLFLOW_PORT = 7070, 5000
_PROXIED = "proxied"


@dataclass(frozen=True)
class S3:
    """A store that speaks S3.

    Args:
        endpoint: Its URL, the same for pods and for this machine.
        bucket: There from the beginning.
    """

    endpoint: str
    access_key: str = "test-cluster"
    secret_key: str = "only-for-tests"  # noqa: S105 - says it
    region: str = "us-east-1"
    bucket: str = "models"

    @property
    def environment(self) -> dict[str, str]:
        """What MLflow, boto3 and the AWS tools read."""
        return {
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_DEFAULT_REGION": self.region,
            "MLFLOW_S3_ENDPOINT_URL": self.endpoint,
        }


@dataclass(frozen=True)
class Registry:
    """An MLflow server.

    Args:
        uri: The same for pods and for this machine.
        proxied: Where it writes what it hands out itself (`mlflow-artifacts:/`), as a URI of S3. An
            experiment that is made with a location in S3 has its artifacts there, written by its clients.
    """

    uri: str
    proxied: str


def start_s3(cluster: Cluster) -> tuple[S3, Running]:
    """Start the store; what it keeps dies with the cluster."""
    s3 = S3(f"http://{cluster.address}:{_S3_PORT}")
    root = cluster.folder / "s3"
    (root / s3.bucket).mkdir(parents=True)  # a folder there is a bucket
    options = ["--port", f":{_S3_PORT}", "--access", s3.access_key, "--secret", s3.secret_key, "--quiet"]
    return s3, cluster.start("s3", [cluster.programs["versitygw"], *options, "posix", root])


def start_registry(cluster: Cluster, s3: S3) -> tuple[Registry, Running]:
    """Start the MLflow server."""
    registry = Registry(f"http://{cluster.address}:{_MLFLOW_PORT}", f"s3://{s3.bucket}/{_PROXIED}")
    folder = cluster.folder / "mlflow"
    folder.mkdir()
    command = [sys.executable, "-m", "mlflow", "server", "--workers", "1", "--allowed-hosts", "*"]
    command += ["--host", "0.0.0.0", "--port", str(_MLFLOW_PORT)]  # noqa: S104 - a network of its own
    command += ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db"]
    command += ["--artifacts-destination", registry.proxied]
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    return registry, cluster.start("mlflow", command, {**s3.environment, **quiet}, folder)


def await_answer(running: Running, url: str) -> None:
    """Return when something answers there, whatever it says.

    Raises:
        ClusterError: It does not, or has ended.
    """
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        running.still()
        try:
            urllib.request.urlopen(url, timeout=5).close()  # noqa: S310 - ours
        except urllib.error.HTTPError as error:
            error.close()
        except OSError:
            time.sleep(0.05)
            continue
        return
    raise ClusterError(f"{running.name} does not answer at {url}; it said last:\n{running.said()}")
