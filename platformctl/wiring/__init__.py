"""Put adapters behind the ports, as the settings say. The only place that knows both sides."""

import importlib.metadata
import os
import shlex
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from platformctl.adapters.local.who import user
from platformctl.adapters.registry.either import FolderOrRegistry
from platformctl.adapters.registry.files import digest_of_folder
from platformctl.adapters.registry.folder import FolderRegistry
from platformctl.domain.errors import SpecError, Unreachable
from platformctl.domain.progress import Said, Warned
from platformctl.domain.settings import Settings
from platformctl.ports import ImageTool, Registry, Reporter
from platformctl.usecases.world import World

if TYPE_CHECKING:
    from platformctl.adapters.local.stack import Stack
    from platformctl.usecases.export import Bench
    from platformctl.usecases.image import Workshop


def world(settings: Settings, reporter: Reporter, timeout: timedelta, *, takes_over: bool = False) -> World:
    """Return the ports that the settings mean. Asks nobody yet: each connects when it is used.

    Args:
        settings: Which target, and where.
        reporter: Who hears how it goes.
        timeout: How long a revision may take to get ready.
        takes_over: Whether fields of a cluster's objects are taken over from whoever else has set them.

    Raises:
        SpecError: A cluster is meant, and kubeconfig does not say which.
    """
    models, holder = registry(settings, reporter), _holder()
    if settings.target.value == "cluster":
        from platformctl.wiring import cluster  # who works locally need not pay for it

        return cluster.world(
            *(settings, models, reporter, timeout),
            holder=holder,
            fingerprint=_fingerprint,
            takes_over=takes_over,
        )
    from platformctl.wiring import local  # who works on a cluster need not pay for it

    return local.world(settings, models, reporter, timeout, holder=holder, fingerprint=_fingerprint)


def stack(settings: Settings) -> "Stack":
    """Return the local stack that the settings mean."""
    from platformctl.wiring import local  # who works on a cluster need not pay for it

    return local.stack(settings)


def workshop(settings: Settings, reporter: Reporter) -> "Workshop":
    """Return what images are made from: the registry that the settings mean, and our own servers.

    Raises:
        Refused: The installation lacks them.
    """
    from platformctl.adapters.images import context  # only who builds images needs these two
    from platformctl.usecases.image import Workshop

    return Workshop(
        registry=registry(settings, reporter),
        reporter=reporter,
        source=context.digest(context.root()),
        version=importlib.metadata.version("platformctl"),
    )


def bench(settings: Settings, reporter: Reporter) -> "Bench":
    """Return what models are exported with: the registry that the settings mean, environments of the home."""
    from platformctl.adapters.local.exports import LocalExporter  # only an export needs these
    from platformctl.adapters.local.home import Home
    from platformctl.adapters.registry.shelf import MlflowShelf
    from platformctl.usecases.export import Bench

    models = registry(settings, reporter)
    environments = Home.at(settings.home.value).environments
    return Bench(
        registry=models,
        exporter=LocalExporter(environments, models.download, lambda text: reporter.event(Said(text))),
        shelf=MlflowShelf(lambda: registry_uri(settings)),
        reporter=reporter,
    )


def image_tool(name: str | None) -> ImageTool:
    """Return the program that builds images: the one of that name, else the first that works.

    Raises:
        SpecError: There is none.
        Unreachable: There is one, and it does not work.
    """
    from platformctl.adapters.images import tools  # only who builds images needs it

    return tools.choose(name, os.environ)


def registry(settings: Settings, reporter: Reporter) -> Registry:
    """Return the registry that the settings mean, which connects when it is first asked."""
    return FolderOrRegistry(FolderRegistry(), _connect(settings, reporter))


def registry_uri(settings: Settings) -> str:
    """Return the URI of the registry: the chosen one, else the local stack's.

    Raises:
        Unreachable: None was chosen, and the local stack has none.
        SpecError: None was chosen, and a cluster is meant: pods could not read from this machine.
    """
    if settings.registry.value is not None:
        return settings.registry.value
    if settings.target.value == "cluster":
        raise SpecError(
            "there is no registry: for a cluster one has to be chosen",
            field="--registry",
            hint='registry = "https://…" in the context, --registry URI or MLFLOW_TRACKING_URI',
        )
    found = stack(settings).status().registry
    if found is None:
        raise Unreachable(
            "there is no registry: none was chosen, and the local stack has none",
            hint="start one with platformctl up, or name one: --registry URI or MLFLOW_TRACKING_URI",
        )
    return found


def _connect(settings: Settings, reporter: Reporter) -> Callable[[], Registry]:
    def connect() -> Registry:
        uri = registry_uri(settings)
        # Here, as `status` asks no registry, and must not pay for either.
        if uri.startswith(("http://", "https://")):
            from platformctl.adapters.registry.rest.registry import RestRegistry
            from platformctl.adapters.registry.rest.server import needs_mlflow

            if needs_mlflow(os.environ) is None:
                return RestRegistry(uri, os.environ)
        from platformctl.adapters.registry.store import StoreRegistry

        return StoreRegistry(uri, lambda text, hint: reporter.event(Warned(text, hint)))

    return connect


def _fingerprint(folder: str) -> str:
    return digest_of_folder(Path(folder))


def _holder() -> str:
    """Who we are, for whoever finds our lease."""
    return f"platformctl {shlex.join(sys.argv[1:])} of {user()}"
