"""Build the images that model servers run in: the stock ones, or one for a model's own requirements."""

from collections.abc import Sequence
from dataclasses import dataclass

from platformctl.domain import images, requirements
from platformctl.domain.errors import NotFound, SpecError
from platformctl.domain.images import NOWHERE, PYTHONS, Recipe
from platformctl.domain.progress import Said
from platformctl.domain.revision import ModelVersion
from platformctl.domain.version_ref import Newest, VersionRef
from platformctl.ports import ImageTool, Registry, Reporter

EXTRAS = ("sklearn", "onnx")
"""What a stock predictor can serve."""

MODEL_FOLDER = "predictors/model"
"""Where a model's requirements are in the context of a build."""

_DOCKERFILES = {"predictor": "predictors/Dockerfile", "transformer": "transformers/Dockerfile"}
_FILE = "requirements.txt"
_EXPORT = "onnx/gate.json"
_DEBIAN = {"lightgbm": "libgomp1"}
"""Debian packages that a flavour's wheels need and do not bring."""

_WITHOUT_MLFLOW = ("sklearn", "onnx")
"""Flavours that the servers load themselves. mlflow, which each model asks for, would double the image."""


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


def _made(workshop: Workshop, tool: ImageTool, wanted: Wanted, *, push: bool) -> Image:
    there = tool.recipe(wanted.reference) == wanted.recipe.digest
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
    recipe = Recipe(
        kind=kind,
        dockerfile=_DOCKERFILES[kind],
        base=request.base or images.base(PYTHONS[0]),
        source=workshop.source,
        arguments={"EXTRAS": ",".join(extras), "VERSION": workshop.version} | _build_base(request),
    )
    tag = request.tag or f"{workshop.version}{others}"
    return Wanted(images.reference(request.prefix, kind, tag), recipe)


def _of_a_model(workshop: Workshop, request: Request, model: str) -> Wanted:
    version = workshop.registry.resolve(model, request.version or Newest())
    if request.version is None:
        workshop.say(f"{version.label}: the newest version")
    python, extras = _python(version), _extras(workshop.registry, version, request)
    files = _files(workshop.registry, version)
    files[_FILE] = _lean(workshop, version, files[_FILE].decode(), extras).encode()
    recipe = Recipe(
        kind="model",
        dockerfile=_DOCKERFILES["predictor"],
        base=request.base or images.base(python),
        source=workshop.source,
        arguments={
            "EXTRAS": ",".join(extras),
            "PYTHON": python,
            "PACKAGES": _DEBIAN.get(version.info.flavor or "", ""),
            "VERSION": workshop.version,
        }
        | _build_base(request),
        files={f"{MODEL_FOLDER}/{path}": text for path, text in files.items()},
    )
    return Wanted(images.reference(request.prefix, "model", request.tag or recipe.tag), recipe)


def _build_base(request: Request) -> dict[str, str]:
    return {"BUILD_BASE": request.build_base} if request.build_base else {}


def _python(version: ModelVersion) -> str:
    """The Python that the model was made with, as `3.11`: pickles and wheels go by that."""
    said = version.info.python_version
    if said is None:
        return PYTHONS[0]
    minor = ".".join(said.split(".")[:2])
    if minor not in PYTHONS:
        raise SpecError(
            f"{version.label} was made with Python {minor}; the model servers run on {', '.join(PYTHONS)}",
            field="NAME",
            hint=f"log the model again with Python {PYTHONS[-1]}",
        )
    return minor


def _extras(registry: Registry, version: ModelVersion, request: Request) -> Sequence[str]:
    found = set(request.extras or ())
    if version.info.flavor == "onnx" or _has(registry, version, _EXPORT):
        found.add("onnx")
    return sorted(found)


def _lean(workshop: Workshop, version: ModelVersion, text: str, extras: Sequence[str]) -> str:
    """Without mlflow where nothing here imports it, with skops where the model was saved by it."""
    wanted = list(requirements.lines(text))
    if version.info.flavor in _WITHOUT_MLFLOW and "pyfunc" not in extras:
        left_out = [line for line in wanted if requirements.name(line) in {"mlflow", "mlflow-skinny"}]
        wanted = [line for line in wanted if line not in left_out]
        if left_out:
            workshop.say(
                f"without {', '.join(left_out)}, which the servers do not need: --extra pyfunc keeps it"
            )
    names = {requirements.name(line) for line in wanted}
    mlmodel = workshop.registry.read(version, "MLmodel") if version.info.has_mlmodel else b""
    if b"skops" in mlmodel and "skops" not in names:
        wanted.append("skops")
    return requirements.canonical("\n".join(wanted))


def _files(registry: Registry, version: ModelVersion) -> dict[str, bytes]:
    """Its requirements.txt, in a form that models with the same ones share, and what that names."""
    if not _has(registry, version, _FILE):
        raise SpecError(
            f"{version.label} has no {_FILE}: there is nothing that an image of its own would hold",
            field="NAME",
            hint="platformctl image build makes the stock images",
        )
    found: dict[str, bytes] = {}
    wanted = [_FILE]
    while wanted:
        path = wanted.pop()
        if path in found:
            continue
        text = registry.read(version, path).decode("utf-8", errors="replace")
        found[path] = requirements.canonical(text).encode()
        folder = path.rpartition("/")[0]
        wanted += [f"{folder}/{name}".lstrip("/") for name in requirements.includes(text)]
        for name in requirements.archives(text):
            archive = f"{folder}/{name}".lstrip("/")
            found[archive] = registry.read(version, archive)
    return found


def _has(registry: Registry, version: ModelVersion, path: str) -> bool:
    try:
        registry.read(version, path)
    except NotFound:
        return False
    return True
