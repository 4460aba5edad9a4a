"""A cluster that is there, for whoever tests on it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.cluster import kubectl, node
from tests.cluster.certificates import Authority
from tests.cluster.places import NODE
from tests.cluster.processes import Namespaces, Running
from tests.cluster.requirements import Extent

PROGRAMS = "programs.json"
"""The file with where each program is."""


@dataclass(frozen=True)
class Cluster:
    """A cluster that is there.

    Args:
        folder: What belongs to it, its logs (`logs`) among it.
        namespaces: In which all of it runs.
        extent: How much of one.
        address: Of the node, and of what is started beside it.
    """

    folder: Path
    namespaces: Namespaces
    extent: Extent
    address: str = NODE

    @property
    def kubeconfig(self) -> Path:
        """How an administrator reaches it."""
        return self.folder / "kubeconfig"

    @cached_property
    def authority(self) -> Authority:
        """Who issues certificates that the cluster believes in."""
        return Authority(self.folder / "certificates")

    @cached_property
    def programs(self) -> Mapping[str, Path]:
        """What the components hold that it was brought up with, by file name: programs, and folders."""
        kept: dict[str, str] = json.loads((self.folder / PROGRAMS).read_text())
        return {name: Path(path) for name, path in kept.items()}

    def start(
        self,
        name: str,
        command: Sequence[str | Path],
        environment: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> Running:
        """Start a program beside the node; see `Namespaces.start`."""
        return self.namespaces.start(name, command, environment, cwd)

    def run(self, *command: str | Path, stdin: str | None = None) -> str:
        """What a command prints that runs beside the node; see `Namespaces.run`."""
        return self.namespaces.run(*command, stdin=stdin)

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """What kubectl prints.

        Raises:
            ClusterError: It failed.
        """
        return kubectl.run(self.kubeconfig, *arguments, stdin=stdin, program=self.programs["kubectl"])

    def import_image(self, tar: Path) -> None:
        """Make an image known to the node, from an OCI or Docker archive that names it."""
        node.import_image(self.namespaces, tar)
