"""Build the images that model servers run in: the stock ones, or one for a model's own requirements."""

from collections.abc import Sequence
from dataclasses import dataclass

from platformctl.domain import images
from platformctl.domain.errors import SpecError
from platformctl.domain.images import NOWHERE, PYTHONS, Recipe
from platformctl.domain.progress import Said
from platformctl.domain.version_ref import Newest, VersionRef
from platformctl.ports import ImageTool, Registry, Reporter
from platformctl.usecases.needs import needs_of

EXTRAS = ("sklearn", "onnx")
"""What a stock predictor can serve."""

MODEL_FOLDER = "predictors/model"
"""Where a model's requirements are in the context of a build."""

_DOCKERFILES = {
    "predictor": "predictors/Dockerfile",
    "transformer": "transformers/Dockerfile",
    "storage": "storage/Dockerfile",
}


@dataclass(frozen=True)
class Request:
    """What was asked for.

    Args:
        model: A registered model, whose own requirements the image is for; None: the stock images.
        version: Which of its versions; None: the newest.
        extras: What the predictor can serve; None: `EXTRAS`, or what the model is.
        prefix: Where the images are pushed to: a registry's host and a path.
        tag: Instead of the version, or the digest of the requirements.
        base: Instead of Python's own slim image.
        build_base: For the build stage alone, if that needs a compiler.
    """

    model: str | None = None
    version: VersionRef | None = None
    extras: Sequence[str] | None = None
    prefix: str = NOWHERE
    tag: str | None = None
    base: str | None = None
    build_base: str | None = None
    push: bool = False


@dataclass(frozen=True)
class Workshop:
    """The ports that it takes.

    Args:
        source: A digest of the servers and their lock, as they would be built.
        version: platformctl's own.
    """

    registry: Registry
    reporter: Reporter
    source: str
    version: str

    def say(self, text: str) -> None:
        """Tell what has been decided or done."""
        self.reporter.event(Said(text))


@dataclass(frozen=True)
class Wanted:
    """An image that should be there."""

    reference: str
    recipe: Recipe


@dataclass(frozen=True)
class Image:
    """An image that is there.

    Args:
        built: Whether it was built now; else it was there, made by the same recipe.
    """

    wanted: Wanted
    built: bool
    pushed: bool


def plan(workshop: Workshop, request: Request) -> Sequence[Wanted]:
    """Decide which images should be there. Asks the registry if it is for a model; builds nothing.

    Raises:
        SpecError: They cannot be named so, or the model cannot have one.
        NotFound: There is no such model or version.
    """
    if request.push and request.prefix == NOWHERE:
        raise SpecError(
            f"{NOWHERE} is this machine: there is nowhere to push to",
            field="--push",
            hint="--prefix ghcr.io/your-team --push",
        )
    if request.model is not None:
        return [_of_a_model(workshop, request, request.model)]
    if request.version is not None:
        raise SpecError(
            "a version of which model?", field="--version", hint="platformctl image build NAME --version N"
        )
    return [_stock(workshop, request, kind) for kind in _DOCKERFILES]


def build(workshop: Workshop, tool: ImageTool, wanted: Sequence[Wanted], *, push: bool) -> Sequence[Image]:
    """Make each image unless it is there already, made by the same recipe; then push it.

    Raises:
        Refused: The tool could not build or push one.
    """
    return [_made(workshop, tool, each, push=push) for each in wanted]


def is_there(tool: ImageTool, wanted: Wanted) -> bool:
    """Whether an image of that name is there, made by the same recipe."""
    return tool.recipe(wanted.reference) == wanted.recipe.digest


def _made(workshop: Workshop, tool: ImageTool, wanted: Wanted, *, push: bool) -> Image:
    there = is_there(tool, wanted)
    if there:
        workshop.say(f"{wanted.reference} is there already")
    else:
        workshop.say(f"{tool.name} builds {wanted.reference} on {wanted.recipe.base}")
        tool.build(wanted.reference, wanted.recipe)
    if push:
        workshop.say(f"{tool.name} pushes {wanted.reference}")
        tool.push(wanted.reference)
    return Image(wanted, built=not there, pushed=push)


def _stock(workshop: Workshop, request: Request, kind: str) -> Wanted:
    extras = sorted(set(request.extras or EXTRAS)) if kind == "predictor" else []
    others = "" if set(extras) in (set(), set(EXTRAS)) else f"-{'-'.join(extras)}"
    server = {"EXTRAS": ",".join(extras)} | _build_base(request) if kind != "storage" else {}
    recipe = Recipe(
        kind=kind,
        dockerfile=_DOCKERFILES[kind],
        base=request.base or images.base(PYTHONS[0]),
        source=workshop.source,
        arguments={"VERSION": workshop.version} | server,
    )
    tag = request.tag or f"{workshop.version}{others}"
    return Wanted(images.reference(request.prefix, kind, tag), recipe)


def _of_a_model(workshop: Workshop, request: Request, model: str) -> Wanted:
    version = workshop.registry.resolve(model, request.version or Newest())
    if request.version is None:
        workshop.say(f"{version.label}: the newest version")
    needs = needs_of(workshop.registry, version, request.extras or ())
    if needs.left_out:
        left_out = ", ".join(needs.left_out)
        workshop.say(f"without {left_out}, which the servers do not need: --extra pyfunc keeps it")
    recipe = Recipe(
        kind="model",
        dockerfile=_DOCKERFILES["predictor"],
        base=request.base or images.base(needs.python),
        source=workshop.source,
        arguments={
            "EXTRAS": ",".join(needs.extras),
            "PYTHON": needs.python,
            "PACKAGES": needs.packages,
            "VERSION": workshop.version,
        }
        | _build_base(request),
        files={f"{MODEL_FOLDER}/{path}": content for path, content in needs.files.items()},
    )
    return Wanted(images.reference(request.prefix, "model", request.tag or recipe.tag), recipe)


def _build_base(request: Request) -> dict[str, str]:
    return {"BUILD_BASE": request.build_base} if request.build_base else {}
