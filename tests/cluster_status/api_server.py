"""An API server with the objects of a test, which keeps what it was asked."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from platformctl.adapters.cluster.api.client import Api, open_api
from platformctl.adapters.cluster.api.kubeconfig import Access
from tests.cluster_target.kubeconfigs import one, written
from tests.registry.stub import Asked, Said, Stub, answering

Page = Said | str | dict[str, Any]


class Cluster:
    """An API server with these objects, and what it was asked."""

    def __init__(self, api: Api, stub: Stub) -> None:
        self.api = api
        self.stub = stub

    def asked(self) -> Counter[str]:
        """How often what was asked for."""
        paths = [urlsplit(asked.target).path.rstrip("/") for asked in self.stub.asked]
        return Counter(path.rsplit("/", 1)[-1] for path in paths)


@contextmanager
def cluster(
    folder: Path, objects: Mapping[str, Sequence[Any]], pages: Mapping[str, Page] = {}
) -> Iterator[Cluster]:
    """One with lists of objects by the plural of their kind, and pages by the last part of their path."""

    def answer(asked: Asked) -> Said:
        last = urlsplit(asked.target).path.rsplit("/", 1)[-1]
        page = pages.get(last)
        if isinstance(page, Said):
            return page
        if page is not None:
            return Said(page)
        if last in {"about", "metrics"}:
            return Said("not found", 404)
        return Said({"items": list(objects.get(last, ()))})

    with answering(answer) as stub:
        yield Cluster(open_api(Access(written(folder, one(stub.uri))), environ={}), stub)
