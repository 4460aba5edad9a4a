"""What would go wrong with a revision here, found before anything is changed."""

import importlib.util
import shutil
from pathlib import Path

from platformctl.adapters.local.home import Home
from platformctl.domain import extras
from platformctl.domain.components import Image
from platformctl.domain.errors import SpecError
from platformctl.domain.observed import Finding, Severity
from platformctl.domain.revision import Revision, Scale

_IMAGE = "an image of one's own runs on clusters; the local target runs processes"
_IMAGE_HINT = "name a class instead (class, path)"
_ONE_MACHINE = "there is one machine here, and it serves everything"
_INSTALL = extras.install("local")


def refuse_images(revision: Revision) -> None:
    """Raise SpecError if a part of the revision is an image."""
    for finding in _images(revision):
        raise SpecError(finding.message, field=finding.field, hint=finding.hint)


def findings(home: Home, revision: Revision, scale: Scale) -> list[Finding]:
    """All that is to be said of it."""
    return [
        *_images(revision),
        *_servers(),
        *_space(home, revision),
        *_environment(home, revision),
        *_gpus(revision),
        *_unfollowed(revision),
        *_scaling(scale),
    ]


def _images(revision: Revision) -> list[Finding]:
    return [
        Finding(Severity.ERROR, _IMAGE, f"spec.{part}.image", _IMAGE_HINT)
        for part in ("predictor", "transformer")
        if isinstance(getattr(revision, part), Image)
    ]


def _servers() -> list[Finding]:
    if importlib.util.find_spec("platformctl_predictors") is not None:
        return []
    return [Finding(Severity.ERROR, "the model servers are not installed", "", _INSTALL)]


def _space(home: Home, revision: Revision) -> list[Finding]:
    """Room for the model twice: it is copied once, and a download may be kept whole before."""
    size = revision.model.info.size_bytes
    free = shutil.disk_usage(_existing(home.root)).free
    if size is None or free >= 2 * size or home.revision(revision.id).is_dir():
        return []
    message = f"the model has {size / 1e6:.0f} MB, and {home.root} has {free / 1e6:.0f} MB left for two of it"
    return [Finding(Severity.ERROR, message, "", "free some space, or choose another folder with --home")]


def _existing(path: Path) -> Path:
    return next(folder for folder in (path, *path.parents) if folder.exists())


def _environment(home: Home, revision: Revision) -> list[Finding]:
    """Whether it needs a Python or an environment of its own, as far as that is known before a download."""
    # Here, as importing it costs more than all other checks together.
    from platformctl.adapters.local import environments, requirements

    model = home.revision(revision.id) / "model"
    folder = model if model.is_dir() else Path(revision.model.uri)
    needs = environments.needs_of(folder, revision)
    different = requirements.differences(needs)
    if not different:
        return []
    try:
        environments.find_python(needs.python_minor)
    except SpecError as error:
        return [Finding(Severity.ERROR, error.message, error.field or "", error.hint or "")]
    text = f"it gets a Python environment of its own: {', '.join(different[:3])}"
    return [Finding(Severity.INFO, text + (", …" if different[3:] else ""))]


def _gpus(revision: Revision) -> list[Finding]:
    if revision.resources.gpus is None:
        return []
    text = (
        "GPUs are not set aside here: that they are wanted is passed on, and each server takes what is there"
    )
    return [Finding(Severity.INFO, text, "spec.resources.gpu")]


def _unfollowed(revision: Revision) -> list[Finding]:
    """What only a cluster can do, and does no harm to be without."""
    resources = revision.resources
    said = {
        "spec.serving.image": (revision.serving.image, "the servers run from their Python environment here"),
        "spec.resources.nodeSelector": (resources.node_selector, _ONE_MACHINE),
        "spec.resources.tolerations": (resources.tolerations, _ONE_MACHINE),
    }
    return [
        Finding(Severity.INFO, f"not followed: {why}", field) for field, (value, why) in said.items() if value
    ]


def _scaling(scale: Scale) -> list[Finding]:
    if scale.minimum == 0:
        text = "nothing sleeps here: one replica runs, whether anybody asks or not"
        return [Finding(Severity.WARNING, text, "spec.scaling.min")]
    if scale.maximum <= scale.minimum:
        return []
    text = f"nothing scales by itself here: {scale.minimum} of at most {scale.maximum} replicas run"
    return [Finding(Severity.INFO, text, "spec.scaling.max")]
