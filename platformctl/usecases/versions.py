"""Find the version that is meant."""

from collections.abc import Sequence

from platformctl.domain.errors import NotFound
from platformctl.domain.revision import ModelVersion
from platformctl.plan.lookup import Lookup
from platformctl.ports import Registry

_OPTIONS = {"spec.model.version": "--version", "spec.model.alias": "--alias"}
"""What to name in an error where the command line said it, and not the spec."""


def find(registry: Registry, model: str, ways: Sequence[Lookup]) -> tuple[ModelVersion, str] | None:
    """The version of the first lookup that finds one, and by which rule; None: there was no lookup.

    Raises:
        NotFound: There is no such model, version, alias or folder.
    """
    for way in ways:
        try:
            return registry.resolve(model, way.ref), way.rule
        except NotFound as error:
            if way.by_command and error.field:
                error.field = _OPTIONS.get(error.field, error.field)
            if not way.optional:
                raise
    return None
