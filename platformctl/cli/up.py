"""`platformctl up`."""

import click

from platformctl.adapters.local import foreseen
from platformctl.adapters.local.home import Home
from platformctl.adapters.local.stack import Up, Wanted
from platformctl.cli.dry_run import SERVER, rehearsed
from platformctl.cli.errors import Interrupted
from platformctl.cli.opening import local_only, target_line
from platformctl.cli.options import Whole, dry_run_option, examples, output_option
from platformctl.cli.output import Column, Document, document, show, table
from platformctl.cli.session import Session

_HOST = "http://127.0.0.1"


@click.command("up", epilog=examples("platformctl up"))
@click.option("--port", type=Whole(1), metavar="PORT", help="The router's port; else the last one, or 8780.")
@click.option(
    "--mlflow-port", type=Whole(1), metavar="PORT", help="The registry's port; else the last one, or 8781."
)
@click.option("--no-registry", is_flag=True, help="Start no MLflow server: you have a registry of your own.")
@dry_run_option
@output_option
@click.pass_obj
def command(  # noqa: PLR0913 - the options of the verb
    session: Session,
    /,
    *,
    port: int | None,
    mlflow_port: int | None,
    no_registry: bool,
    dry_run: str | None,
    form: str,
) -> int:
    """Start the local stack: router, registry, deployments.

    Everything runs in the background under supervisord, and serves what it served before. Nothing
    but this machine can reach it. A second `up` starts what is missing.
    """
    settings = local_only(session, "up", port)
    click.echo(target_line(session, settings), err=True)
    wanted = Wanted(port=settings.port.value, mlflow_port=mlflow_port, registry=not no_registry)
    if dry_run is not None:
        changes = foreseen.up(Home.at(settings.home.value), wanted, check=dry_run == SERVER)
        return rehearsed(None, changes, (), form)
    click.echo("starting what does not run yet", err=True)
    try:
        up = session.host.stack(settings).up(wanted)
    except KeyboardInterrupt:
        raise Interrupted(
            "the stack may be half up", hint="platformctl up goes on, platformctl down stops it"
        ) from None
    show(_screen(up), _shape(up), form)
    if form == "table":
        click.echo(_next(up), err=True)
    return 0


def _screen(up: Up) -> list[str]:
    rows = [["router", f"{_HOST}:{up.port}", "predictions: /v1/models/NAME:predict"]]
    if up.mlflow_port:
        rows.append(["registry", f"{_HOST}:{up.mlflow_port}", "MLflow, with its pages for a browser"])
    lines = ["the local stack was up already" if up.already else "the local stack is up"]
    lines += ["", *table((Column("PART"), Column("URL"), Column("WHAT")), rows)]
    if up.not_ready:
        lines += ["", f"still starting: {', '.join(up.not_ready)}"]
    return lines


def _next(up: Up) -> str:
    registry = f"MLFLOW_TRACKING_URI={_HOST}:{up.mlflow_port} " if up.mlflow_port else ""
    log = f"  {registry}python train.py   # registers your model\n" if registry else ""
    return f"next:\n{log}  platformctl deploy NAME\n  platformctl demo   # or see it all in a minute"


def _shape(up: Up) -> Document:
    return document(
        "Stack",
        changed=not up.already,
        url=f"{_HOST}:{up.port}",
        registry=f"{_HOST}:{up.mlflow_port}" if up.mlflow_port else None,
        notReady=list(up.not_ready),
    )
