"""`platformctl render`."""

import re
from pathlib import Path

import click

from platformctl.cli.asked import request
from platformctl.cli.opening import reporting, settings_of
from platformctl.cli.options import Asked, examples, request_options
from platformctl.cli.session import Session
from platformctl.domain.cluster import KSERVE_VERSIONS
from platformctl.domain.errors import SpecError


@click.command(
    "render",
    epilog=examples(
        "platformctl render churn",
        "platformctl render churn --kserve-version 0.17 --record registry.json",
        "platformctl render churn --recorded registry.json",
        "platformctl render -f churn.yaml --version 2 --canary 10 -o manifests/",
        "platformctl render churn --mode knative",
    ),
)
@request_options
@click.option(
    "-o",
    "--output",
    "folder",
    type=click.Path(),
    metavar="DIR",
    help="Write a file an object into this folder.",
)
@click.option(
    "--kserve-version",
    "kserve",
    metavar="VERSION",
    help="The version of KServe that is rendered for; else the context's, else the newest known.",
)
@click.option(
    "--record", type=click.Path(), metavar="FILE", help="Keep what the registry answers in this file."
)
@click.option(
    "--recorded",
    type=click.Path(),
    metavar="FILE",
    help="Ask no registry: take the answers that --record has kept.",
)
@click.pass_obj
def command(  # noqa: PLR0913 - click passes an argument an option
    session: Session,
    /,
    *,
    asked: Asked,
    folder: str | None,
    kserve: str | None,
    record: str | None,
    recorded: str | None,
) -> int:
    """Print the objects that a deployment is made of on a cluster.

    From the spec, the registry and the context's settings alone: no cluster is asked, and the same input
    gives the same bytes. They are what `deploy` applies: the InferenceService of the revision and what it
    needs, and the HTTPRoute. With a canary's share there are two revisions, and their weights.

    With --mode knative: the record of the rollout, what each revision needs, and one InferenceService. What a
    cluster has by itself is not asked for, so that auto is standard here.
    """
    from platformctl.adapters import manifest_files  # `--help` must not pay for these
    from platformctl.usecases.render import rendered
    from platformctl.wiring.rendering import Wanted, press

    settings = settings_of(session)
    wanted = Wanted(_version(kserve), _path(recorded), _path(record))
    if wanted.record and wanted.recorded:
        raise SpecError("give only one of --record and --recorded", field="--record")
    with reporting() as reporter, press(settings, reporter, wanted) as ready:
        manifests = rendered(ready, request(asked, settings))
    if folder is None:
        click.echo(manifest_files.stream(manifests), nl=False)
        return 0
    for path in manifest_files.write(manifests, Path(folder)):
        click.echo(path)
    return 0


def _path(text: str | None) -> Path | None:
    return Path(text) if text is not None else None


def _version(text: str | None) -> str | None:
    """`0.17`, also of `v0.17.0`.

    Raises:
        SpecError: Its schema is not known.
    """
    if text is None:
        return None
    match = re.fullmatch(r"v?(\d+\.\d+)(\.\d+\S*)?", text)
    if match is None or match[1] not in KSERVE_VERSIONS:
        raise SpecError(
            f"{text!r} is not a version of KServe that we know",
            field="--kserve-version",
            hint=f"known: {', '.join(KSERVE_VERSIONS)}; take the cluster's, or the next older one",
        )
    return match[1]
