"""What a registry answered, kept in a file, and a registry that answers from one: no network is needed."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn

from pydantic import ValidationError

from platformctl.domain.errors import NotFound, SpecError
from platformctl.domain.revision import ModelVersion
from platformctl.domain.signatures import SignatureText
from platformctl.domain.version_ref import VersionRef
from platformctl.ports import Registry

SCHEMA = "platformctl.io/registry/v1"

_OPTION = "--recorded"
_AGAIN = "record it again: platformctl render … --record FILE"

Answer = Mapping[str, Any]


class Recording:
    """A Registry that remembers what it was asked, and what it answered."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._answers: dict[str, Answer] = {}

    def resolve(self, model: str, ref: VersionRef) -> ModelVersion:
        """Pin a version; that there is none is remembered too."""
        question = _question(model, ref)
        try:
            version = self._registry.resolve(model, ref)
        except NotFound as error:
            said = {"message": error.message, "field": error.field, "hint": error.hint}
            self._answers[_key(question)] = {**question, "notFound": said}
            raise
        self._answers[_key(question)] = {**question, "version": version.model_dump(mode="json")}
        return version

    def read(self, version: ModelVersion, path: str) -> bytes:
        """Read one file."""
        return self._registry.read(version, path)

    def signature(self, version: ModelVersion) -> SignatureText | None:
        """What its MLmodel says that it takes and gives."""
        return self._registry.signature(version)

    def download(self, version: ModelVersion, folder: Path) -> None:
        """Copy all files."""
        self._registry.download(version, folder)

    def move_alias(self, model: str, alias: str, version: str) -> None:
        """Point an alias at a version."""
        self._registry.move_alias(model, alias, version)

    def write(self, path: Path) -> None:
        """Write what was answered.

        Raises:
            SpecError: It cannot be written.
        """
        document = {"schema": SCHEMA, "answers": list(self._answers.values())}
        try:
            path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
        except OSError as error:
            raise SpecError(f"{path} cannot be written: {error.strerror}", field="--record") from error


class Recorded:
    """A Registry that knows what was recorded, and nothing else.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._answers = _answers(path)

    def resolve(self, model: str, ref: VersionRef) -> ModelVersion:
        """Answer as it was recorded.

        Raises:
            NotFound: So it was answered.
            SpecError: Nobody had asked that.
        """
        question = _question(model, ref)
        answer = self._answers.get(_key(question))
        if answer is None:
            raise SpecError(
                f"{self._path} has no answer to this: {_in_words(question)}", field=_OPTION, hint=_AGAIN
            )
        if "notFound" in answer:
            said = answer["notFound"]
            raise NotFound(said["message"], field=said["field"], hint=said["hint"])
        try:
            return ModelVersion.model_validate(answer["version"])
        except (KeyError, ValidationError) as error:
            raise _unreadable(self._path, str(error)) from error

    def read(self, version: ModelVersion, path: str) -> bytes:
        """Refuse: files are not recorded."""
        self._refuse(f"file {path} of {version.label}")

    def signature(self, version: ModelVersion) -> SignatureText | None:
        """Refuse: it is in a file."""
        self._refuse(f"the signature of {version.label}")

    def download(self, version: ModelVersion, folder: Path) -> None:
        """Refuse: files are not recorded."""
        self._refuse(f"the files of {version.label}, for {folder}")

    def move_alias(self, model: str, alias: str, version: str) -> None:
        """Refuse: a record is not changed."""
        self._refuse(f"alias {alias} of {model} at version {version}")

    def _refuse(self, what: str) -> NoReturn:
        raise SpecError(f"{self._path} is a record of versions alone: it has not {what}", field=_OPTION)


def _answers(path: Path) -> dict[str, Answer]:
    try:
        document = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise NotFound(f"there is no file {path}", field=_OPTION, hint=_AGAIN) from error
    except OSError as error:
        raise SpecError(f"{path} cannot be read: {error.strerror}", field=_OPTION) from error
    except ValueError as error:
        raise _unreadable(path, "it is not JSON") from error
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise _unreadable(path, f"its schema is not {SCHEMA}")
    try:
        return {_key({"model": one["model"], "ref": one["ref"]}): one for one in document["answers"]}
    except (KeyError, TypeError) as error:
        raise _unreadable(path, f"an answer lacks {error}") from error


def _unreadable(path: Path, why: str) -> SpecError:
    return SpecError(f"{path} is no record of a registry: {why}", field=_OPTION, hint=_AGAIN)


def _question(model: str, ref: VersionRef) -> dict[str, Any]:
    return {"model": model, "ref": {"kind": type(ref).__name__.lower(), **asdict(ref)}}


def _key(question: Mapping[str, Any]) -> str:
    return json.dumps(question, sort_keys=True)


def _in_words(question: Mapping[str, Any]) -> str:
    ref = question["ref"]
    wanted = {
        "exact": f"version {ref.get('version')}",
        "alias": f"alias {ref.get('alias')}",
        "newest": "the newest version",
        "folder": f"the folder {ref.get('path')}",
    }
    return f"{wanted[ref['kind']]} of {question['model']}"
