"""The use cases over a real cluster, as the command line has them, and a load on what they deploy."""

import http.client
import json
import re
import time
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from platformctl import wiring
from platformctl.adapters import config
from platformctl.adapters.cluster.api.client import Api, open_api
from platformctl.adapters.cluster.api.kinds import POD
from platformctl.adapters.cluster.api.kubeconfig import Access
from platformctl.adapters.cluster.api.objects import condition, is_leaving
from platformctl.domain.components import Image
from platformctl.domain.deployment import Metadata, ModelDeployment, ModelSource, Spec
from platformctl.domain.manifests import DEPLOYMENT, REVISION, Manifest
from platformctl.domain.names import Name, RevisionId
from platformctl.domain.observed import ABSENT, Observed
from platformctl.domain.settings import Flags
from platformctl.usecases.change import delete, promote, prune, rollback
from platformctl.usecases.deploy import deploy
from platformctl.usecases.outcome import Outcome
from platformctl.usecases.request import DeployRequest
from platformctl.usecases.world import World
from tests.cluster import image_names
from tests.cluster.models import ROWS, credentials
from tests.cluster.stack import Stack
from tests.fakes import RecordingReporter
from tests.load import Load
from tests.mlflow_server import Server

CHURN = Name("churn")
PATH = f"/v1/models/{CHURN}:predict"
CONNECTIONS = 16

SPEC = "spec.json"
"""The file of the folder that another client deploys."""

_SERVER = Path(__file__).with_name("pod_server.py")
_SMALL = {"cpu": "0.1", "memory": "64Mi"}
_OURS = {"cpu": "0.4", "memory": "512Mi"}


@dataclass(frozen=True)
class Shop:
    """A namespace with a deployment `churn`, whose model has several versions.

    Args:
        folder: With the configuration file.
        model: The registered model's name.
        mode: Of KServe, as the configuration has it.
    """

    folder: Path
    kubeconfig: Path
    namespace: str
    stack: Stack
    model: str
    mode: str = "auto"

    @property
    def name(self) -> Name:
        return CHURN

    @cached_property
    def api(self) -> Api:
        return open_api(Access(str(self.kubeconfig)), self.namespace, {})

    def world(self, seconds: float = 180.0, *, takes_over: bool = False) -> World:
        """The ports, as one more client has them.

        Args:
            seconds: How long a revision may take to get ready.
            takes_over: Whether what others have edited is taken over.
        """
        settings = config.settings(Flags(), self.environment, self.folder)
        wait = timedelta(seconds=seconds)
        return wiring.world(settings, RecordingReporter(), wait, takes_over=takes_over)

    @property
    def environment(self) -> Mapping[str, str]:
        return {"HOME": str(self.folder)}

    def prepare(self) -> None:
        """Write the configuration, let pods read models, and register versions."""
        for manifest in credentials(self.stack):
            self.api.apply(manifest)
        (self.folder / "platformctl.toml").write_text(
            f'context = "here"\n[contexts.here]\ntarget = "cluster"\nkubeconfig = "{self.kubeconfig}"\n'
            f'mode = "{self.mode}"\nnamespace = "{self.namespace}"\nspecs = "."\n'
            f'registry = "{self.stack.registry.uri}"\n'
            f'predictor_image = "{image_names.PREDICTOR}"\ntransformer_image = "{image_names.TRANSFORMER}"\n'
            'service_account = "models"\n'
            f'[contexts.here.storage]\n"mlflow-artifacts:/" = "{self.stack.registry.proxied}"\n'
        )

    def spec(
        self, *, ours: bool = False, start: float = 0, memory: str = "", crashes: bool = False, **scaling: Any
    ) -> ModelDeployment:
        """A spec.

        Args:
            ours: Whether our own model server is meant; else one that does what it is told.
            start: Seconds until that one listens.
            memory: That it may have, in place of what it needs.
            crashes: Whether it ends at once.
            scaling: As in a spec.
        """
        resources = (_OURS if ours else _SMALL) | ({"memory": memory} if memory else {})
        spec: dict[str, Any] = {"resources": resources, "scaling": scaling}
        if not ours:
            spec["predictor"] = Image(
                image=image_names.PYTHON,
                args=("python3", "-c", "raise SystemExit(3)" if crashes else _SERVER.read_text()),
                env={"START_SECONDS": str(start)},
                model=False,
            )
        return ModelDeployment(
            metadata=Metadata(name=CHURN), spec=Spec(model=ModelSource(name=self.model), **spec)
        )

    def save(self, spec: ModelDeployment) -> None:
        """Let other clients find it."""
        (self.folder / SPEC).write_text(spec.model_dump_json(by_alias=True))

    def deploy(
        self, spec: ModelDeployment, version: int, canary: int | None = None, seconds: float = 180.0
    ) -> Outcome:
        model = spec.spec.model.model_copy(update={"version": version})
        pinned = spec.model_copy(update={"spec": spec.spec.model_copy(update={"model": model})})
        return deploy(self.world(seconds), DeployRequest(CHURN, spec=pinned, canary=canary, retry=True))

    def promote(self) -> Outcome:
        return promote(self.world(), CHURN, None)

    def rollback(self) -> Outcome:
        return rollback(self.world(), CHURN, None)

    def prune(self, keep: int = 0) -> Outcome:
        return prune(self.world(), CHURN, keep)

    def delete(self) -> None:
        if self.seen.token != ABSENT:
            delete(self.world(), CHURN)

    @property
    def seen(self) -> Observed:
        return self.world().target.observe(CHURN)

    @property
    def stable(self) -> RevisionId:
        stable = self.seen.rollout.stable
        assert stable is not None
        return stable.id

    @property
    def canary(self) -> RevisionId:
        candidate = self.seen.rollout.candidate
        assert candidate is not None
        return candidate.revision.id

    def load(self, said: str = "", connections: int = CONNECTIONS, **options: Any) -> Load:
        """A load on what serves: `said` to each server, or rows for a model."""
        gateway = urlsplit(self.stack.gateway)
        assert gateway.hostname is not None
        body = said.encode() or json.dumps(ROWS).encode()
        headers = {"host": self.seen.host or "", "content-type": "application/json"}
        port = gateway.port or 80
        return Load(
            port, PATH, body, connections=connections, headers=headers, host=gateway.hostname, **options
        )

    def until_asleep(self, revision: RevisionId) -> None:
        """Wait until nothing of it runs, as nobody asks it."""
        eventually(lambda: self.seen.revisions[revision].asleep and not self.pods(revision), "it sleeps")

    def all_pods(self) -> list[Manifest]:
        """Of all revisions, ready or not."""
        return self.api.list(POD, DEPLOYMENT)

    def pods(self, revision: RevisionId) -> list[Manifest]:
        """Those that are ready."""
        staying = [pod for pod in self.api.list(POD, f"{REVISION}={revision}") if not is_leaving(pod)]
        return [pod for pod in staying if condition(pod, "Ready").get("status") == "True"]


def register(stack: Stack, model: str, uri: str, versions: int = 3) -> None:
    """Register so many versions of a logged model, by the URI of its files."""
    [logged] = re.findall(r"/models/(m-[0-9a-f]+)/", uri)
    Server(stack.registry.uri, Path()).model(model, *[f"models:/{logged}"] * versions)


def ask(address: str, said: str) -> None:
    """Tell one server something, past the gateway. It may not live to answer."""
    connection = http.client.HTTPConnection(address, 8080, timeout=60)
    with closing(connection), suppress(http.client.HTTPException, OSError):
        connection.request("POST", PATH, said.encode())
        connection.getresponse()


def eventually(condition: Callable[[], object], what: str, timeout: float = 180.0) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, f"not in {timeout} s: {what}"
        time.sleep(0.2)
