import asyncio
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from platformctl_predictors.serving.remote.introduction import Introduced
from platformctl_predictors.serving.remote.model import Remote
from tests.ports import free_port
from tests.serving.process import Server, serving, settings

pytestmark = pytest.mark.quick

ASSETS = Path(__file__).parent / "assets"
ECHO = {"kind": "class", "class": "prepare:Echo", "path": str(ASSETS)}
ASKED = 40


@pytest.fixture
def pods() -> Iterator[dict[int, Server]]:
    """Two servers of one revision, by their gRPC ports."""
    with ExitStack() as stack:
        started = {}
        for _ in range(2):
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="srv")))
            port = free_port()
            listen = {"host": "127.0.0.1", "http": free_port(), "grpc": port}
            content = settings(Path("/nowhere"), folder, listen=listen, predictor=ECHO)
            started[port] = stack.enter_context(serving(content, folder))
        yield started


def answered(server: Server) -> int:
    """Requests that a server has answered."""
    found = re.findall(
        r"^platformctl_requests_total{.*} (\S+)$", server.http.get("/metrics").text, re.MULTILINE
    )
    return round(sum(map(float, found)))


def test_a_name_that_stands_for_two_pods_gives_each_its_share(pods: dict[int, Server]) -> None:
    addresses = ",".join(f"127.0.0.1:{port}" for port in pods)  # what the name of a headless Service means

    async def ask() -> None:
        remote = Remote("churn", f"ipv4:{addresses}", Introduced(None, None))
        for _ in range(ASKED):  # until both connections stand
            await remote.predict({"instances": [1]})
        before = [answered(server) for server in pods.values()]
        for _ in range(ASKED):
            await remote.predict({"instances": [1]})
        after = [answered(server) for server in pods.values()]
        assert [now - then for now, then in zip(after, before, strict=True)] == [ASKED // 2, ASKED // 2]

    asyncio.run(ask())


def test_the_arguments_that_kserve_appends_are_ignored() -> None:
    appended = ["--model_name", "churn-v4-3f9a1c", "--predictor_host", "churn.team", "--http_port", "8080"]
    with TemporaryDirectory(prefix="srv") as name:
        folder = Path(name)
        content = settings(Path("/nowhere"), folder, predictor=ECHO)
        with serving(content, folder, *appended) as server:
            assert server.v1([1]).json()["predictions"] == [1]
