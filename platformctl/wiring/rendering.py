"""What `render` takes. It opens no target: of a cluster it knows what is configured."""

import importlib.metadata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from platformctl.adapters.registry.files import digest_of_folder
from platformctl.adapters.registry.recorded import Recorded, Recording
from platformctl.domain import cluster_options
from platformctl.domain.cluster import Mode, Shape
from platformctl.domain.settings import Settings
from platformctl.ports import Reporter
from platformctl.usecases.render import Press
from platformctl.wiring import registry


@dataclass(frozen=True)
class Wanted:
    """What the command says beside the spec.

    Args:
        kserve: The version that is rendered for; None: the configured one.
        recorded: What a registry once answered; None: it is asked.
        record: Where its answers go; None: nowhere.
    """

    kserve: str | None = None
    recorded: Path | None = None
    record: Path | None = None


@contextmanager
def press(settings: Settings, reporter: Reporter, wanted: Wanted) -> Iterator[Press]:
    """What rendering takes; a record is written at the end, if all went well.

    Raises:
        SpecError: The record cannot be read, or cannot be written.
    """
    shape, mode = _shape(settings, wanted.kserve), _mode(settings)
    if wanted.recorded is not None:
        yield Press(Recorded(wanted.recorded), shape, reporter, _fingerprint, mode)
        return
    recording = Recording(registry(settings, reporter))
    yield Press(recording, shape, reporter, _fingerprint, mode)
    if wanted.record is not None:
        recording.write(wanted.record)


def _shape(settings: Settings, kserve: str | None) -> Shape:
    version = importlib.metadata.version("platformctl")
    shape = cluster_options.shape(settings.cluster, settings.namespace.value, version)
    return replace(shape, kserve=kserve) if kserve else shape


def _mode(settings: Settings) -> Mode:
    """The chosen one. What a cluster has by itself is not known here."""
    chosen = settings.mode.value
    return Mode.STANDARD if chosen == cluster_options.AUTO else Mode(chosen)


def _fingerprint(folder: str) -> str:
    return digest_of_folder(Path(folder))
