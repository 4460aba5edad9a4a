"""A server whose model waits where a test wants it to, so that requests queue for certain."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.serving.process import ASSETS, READY_S, Server, serving, settings, wait_for


class Asking(threading.Thread):
    """One request on a connection of its own, in the background; `answer` is there after `join`."""

    def __init__(self, server: Server, address: str, rows: object, headers: dict[str, str]) -> None:
        super().__init__(daemon=True)
        self._server = server
        self._address = address
        self._rows = rows
        self._headers = headers
        self.answer: httpx.Response | None = None
        self.start()

    def run(self) -> None:
        transport = httpx.HTTPTransport(uds=self._address)
        with httpx.Client(transport=transport, base_url="http://server", timeout=READY_S) as client:
            body = {"instances": self._rows}
            self.answer = client.post("/v1/models/churn:predict", json=body, headers=self._headers)

    def result(self) -> httpx.Response:
        self.join(READY_S)
        assert self.answer is not None
        return self.answer


class Gated:
    """The server, and the gates of its model. Figures and calls count from the last `mark`."""

    def __init__(self, server: Server, folder: Path, address: str) -> None:
        self.server = server
        self.folder = folder
        self.address = address
        self._marks = 0
        self.mark()

    def mark(self) -> "Gated":
        """Begin anew: what was asked and counted so far is forgotten."""
        self._marks += 1
        self._asked = 0
        self._samples = samples(self.server)
        self._noted = {name: len(self._lines(name)) for name in ("calls", "ends")}
        return self

    def ask(self, *rows: object, **headers: str) -> Asking:
        """A request; it has been read by the server when this returns."""
        self._asked += 1
        asking = Asking(self.server, self.address, list(rows), headers)
        wait_for(lambda: self.in_flight() >= self._asked or not asking.is_alive())
        return asking

    def block(self, name: str = "first") -> Asking:
        """A request that the model is at from now on, until `open`."""
        asking = self.ask(f"wait:{name}{self._marks}")
        wait_for((self.folder / f"{name}{self._marks}.reached").exists)
        return asking

    def open(self, name: str = "first") -> None:
        (self.folder / f"{name}{self._marks}.open").touch()

    def calls(self) -> list[list[Any]]:
        """The rows of each call; those that waited just say so."""
        rows = [call["rows"] for call in self.noted("calls")]
        return [["wait" if str(row).startswith("wait:") else row for row in call] for call in rows]

    def noted(self, name: str) -> list[Any]:
        return [json.loads(line) for line in self._lines(name)[self._noted[name] :]]

    def in_flight(self) -> float:
        return added(samples(self.server), "platformctl_in_flight", {})

    def metric(self, name: str, **labels: str) -> float:
        """How much a metric's samples with these labels have grown."""
        return added(samples(self.server), name, labels) - added(self._samples, name, labels)

    def _lines(self, name: str) -> list[str]:
        path = self.folder / name
        return path.read_text().splitlines() if path.exists() else []


def samples(server: Server) -> list[str]:
    """The lines of /metrics."""
    return server.http.get("/metrics").text.splitlines()


def added(lines: list[str], name: str, labels: dict[str, str]) -> float:
    """The sum of a metric's samples with these labels; 0 if there is none."""
    parts = [f'{key}="{value}"' for key, value in labels.items()]
    return sum(
        float(line.rpartition(" ")[2])
        for line in lines
        if line.partition("{")[0] == name and all(part in line for part in parts)
    )


@contextmanager
def gated(folder: Path, kind: str = "Gate", **fields: object) -> Iterator[Gated]:
    """A server of `gates:KIND`; `fields` are settings."""
    content = settings(folder, folder, predictor={"kind": "class", "class": f"gates:{kind}", "path": ASSETS})
    content.update(fields)
    with serving(content, folder) as server:
        yield Gated(server, folder, content["listen"]["unix"])
