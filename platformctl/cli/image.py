"""`platformctl image`."""

from collections.abc import Sequence

import click

from platformctl.cli.asked import reference
from platformctl.cli.dry_run import SERVER, rehearsed
from platformctl.cli.opening import reporting, settings_of
from platformctl.cli.options import dry_run_option, examples, output_option
from platformctl.cli.output import Document, document, show
from platformctl.cli.session import Session
from platformctl.domain.images import NOWHERE
from platformctl.usecases.image import EXTRAS, Image, Request, Wanted, build, is_there, plan

_BUILD = examples(
    "platformctl image build --dry-run",
    "platformctl image build churn --version 2 --dry-run",
)


@click.group("image", epilog=_BUILD)
def command() -> None:
    """Build the images that model servers run in."""


@command.command("build", epilog=_BUILD)
@click.argument("name", required=False)
@click.option("--version", metavar="N", help="The version of the model; else the newest.")
@click.option("--alias", metavar="ALIAS", help="The version that this alias points to.")
@click.option(
    "--extra",
    "extras",
    type=click.Choice(["sklearn", "onnx", "pyfunc"]),
    multiple=True,
    help=f"What it can serve; may be given several times. Else {' and '.join(EXTRAS)}, or what the model is.",
)
@click.option(
    "--prefix",
    metavar="PREFIX",
    default=NOWHERE,
    show_default=True,
    help="Where the image will be: a registry's host and a path.",
)
@click.option("--tag", metavar="TAG", help="Else the version, or the digest of the requirements.")
@click.option("--base", metavar="IMAGE", help="The image to build on; else Python's own slim one.")
@click.option("--build-base", metavar="IMAGE", help="For the build stage alone: one with a compiler.")
@click.option(
    "--tool",
    type=click.Choice(["docker", "podman", "buildah"]),
    help="What builds it; else the first of these that is there.",
)
@click.option("--push", is_flag=True, help="Push it, also if it was there already.")
@dry_run_option
@output_option
@click.pass_obj
def build_command(  # noqa: PLR0913 - click passes an argument an option
    session: Session,
    /,
    *,
    name: str | None,
    version: str | None,
    alias: str | None,
    extras: tuple[str, ...],
    prefix: str,
    tag: str | None,
    base: str | None,
    build_base: str | None,
    tool: str | None,
    push: bool,
    dry_run: str | None,
    form: str,
) -> int:
    """Build the images that model servers run in.

    Without NAME: the stock images, a predictor, a transformer and a storage initializer, tagged with
    platformctl's version.
    With NAME, a registered model: one with that model's own requirements and Python, tagged with
    their digest, so that models with the same requirements share an image.

    An image that is there already, made in the same way, is not built again.
    """
    request = Request(
        model=name,
        version=reference(version, alias),
        extras=extras or None,
        prefix=prefix,
        tag=tag,
        base=base,
        build_base=build_base,
        push=push,
    )
    return _build(session, request, tool, dry_run, form)


def _build(session: Session, request: Request, tool: str | None, dry_run: str | None, form: str) -> int:
    settings = settings_of(session)
    with reporting() as reporter:
        workshop = session.host.workshop(settings, reporter)
        wanted = plan(workshop, request)
        if dry_run == "client":
            return rehearsed(None, [_change(each, ("build",), request) for each in wanted], (), form)
        builder = session.host.image_tool(tool)
        workshop.say(f"tool: {builder.name}")
        if dry_run == SERVER:
            steps = [(each, () if is_there(builder, each) else ("build",)) for each in wanted]
            changes = [_change(each, step, request) for each, step in steps if step or request.push]
            return rehearsed(None, changes, (), form)
        made = build(workshop, builder, wanted, push=request.push)
    show([image.wanted.reference for image in made], _shape(builder.name, made), form)
    return 0


def _change(wanted: Wanted, steps: tuple[str, ...], request: Request) -> str:
    verbs = " and ".join((*steps, *(["push"] if request.push else [])))
    return f"{verbs} {wanted.reference}" + (f" on {wanted.recipe.base}" if steps else "")


def _shape(tool: str, made: Sequence[Image]) -> Document:
    return document(
        "Images",
        tool=tool,
        images=[
            {
                "reference": image.wanted.reference,
                "kind": image.wanted.recipe.kind,
                "base": image.wanted.recipe.base,
                "recipe": image.wanted.recipe.digest,
                "built": image.built,
                "pushed": image.pushed,
            }
            for image in made
        ],
    )
