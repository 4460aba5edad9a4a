"""ModelDeployments in files: YAML (or JSON) text to the domain's value, and back."""

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from platformctl.adapters.spec_files import yaml_tree
from platformctl.adapters.spec_files.scalars import resolve
from platformctl.domain.deployment import ModelDeployment
from platformctl.domain.errors import NotFound, SpecError
from platformctl.domain.names import Name
from platformctl.domain.nearest import did_you_mean
from platformctl.domain.spec_errors import spec_error
from platformctl.domain.wording import said

MOST_BYTES = 256 * 1024
"""The size of the largest file that is read, in bytes; a spec has about a thousand."""

SUFFIXES = (".yaml", ".yml", ".json")


def parse(text: str, source: str = "the spec") -> ModelDeployment:
    """Return the ModelDeployment that a YAML or JSON text holds. Fields are in camelCase only.

    Args:
        text: One document.
        source: What the text is, in words, for errors: a file's path, "standard input".

    Raises:
        SpecError: What is wrong: everything that is, each with its field, line, and way out.
    """
    if len(text) > MOST_BYTES:
        raise _too_large(source)
    tree = yaml_tree.load(text, source)
    if not isinstance(tree.value, dict):
        hint = "a spec starts with apiVersion, kind and metadata; see docs/spec.md"
        raise SpecError(f"not a ModelDeployment but {said(tree.value)} ({source})", hint=hint)
    try:
        return ModelDeployment.model_validate(tree.value, by_alias=True, by_name=False)
    except ValidationError as error:
        raise spec_error(error, source, tree.line_of) from error


def read(path: Path) -> ModelDeployment:
    """Return the ModelDeployment in a file.

    Raises:
        NotFound: There is no such file.
        SpecError: It cannot be read, or is wrong.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except FileNotFoundError as error:
        raise NotFound(f"there is no file {path}", hint=_near(path)) from error
    except IsADirectoryError as error:
        raise SpecError(f"{path} is a folder, not a file", hint=f"name a file in it{_first(path)}") from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise SpecError(f"{path} cannot be read: {reason}") from error
    return parse(decoded(content, str(path)), str(path))


def decoded(content: bytes, source: str) -> str:
    """Return a file's bytes as text: UTF-8, with or without a byte order mark.

    Raises:
        SpecError: They are too many, or not UTF-8.
    """
    if len(content) > MOST_BYTES:
        raise _too_large(source)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SpecError(f"not UTF-8 text ({source}, line {line})", hint="save it as UTF-8") from error


def find(folder: Path, name: Name) -> Path | None:
    """Return the file of a deployment in a folder of specs, `NAME.yaml`; None if it has none.

    Raises:
        SpecError: Two files could be meant.
    """
    found = [path for suffix in SUFFIXES if (path := folder / f"{name}{suffix}").is_file()]
    if len(found) > 1:
        names = " and ".join(path.name for path in found)
        raise SpecError(f"{folder} has {names}", hint="keep one of them, or name it: -f FILE")
    return found[0] if found else None


def dump(deployment: ModelDeployment) -> str:
    """Return the canonical YAML of a deployment: the same value gives the same bytes everywhere.

    Only what differs from the defaults is written, in the schema's order; `parse` gives the same
    value back.
    """
    chosen = deployment.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    document = {"apiVersion": deployment.api_version, "kind": deployment.kind, **chosen}
    # Python's own emitter, never libyaml's: one of the two, so that the bytes are the same everywhere.
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10**9)


class _Dumper(yaml.SafeDumper):
    """Quotes whatever YAML 1.1 (PyYAML's) or 1.2 (ours) would not read back as text."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's signature
        """Write equal values out twice: no anchors."""
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    plain = isinstance(resolve(text), str) and text.isprintable()
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if plain else '"')


_Dumper.add_representer(str, _text)


def _too_large(source: str) -> SpecError:
    return SpecError(f"more than {MOST_BYTES // 1024} KiB: this is no spec ({source})")


def _specs_in(folder: Path) -> list[str]:
    try:
        return sorted(path.name for path in folder.iterdir() if path.suffix in SUFFIXES)
    except OSError:
        return []


def _near(path: Path) -> str | None:
    names = _specs_in(path.parent)
    return did_you_mean(path.name, names) if names else None


def _first(folder: Path) -> str:
    names = _specs_in(folder)
    return f", such as {folder / names[0]}" if names else ""
