"""Manifests as YAML: the same bytes on every machine."""

import os
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from platformctl.domain.errors import SpecError
from platformctl.domain.manifests import Manifest

_WIDEST = 2**31 - 1
"""No line is ever folded: where it would be, the two emitters of PyYAML do not agree."""


def stream(manifests: Iterable[Manifest]) -> str:
    """All of them as one YAML stream."""
    return "".join(f"---\n{document(manifest)}" for manifest in manifests)


def document(manifest: Manifest) -> str:
    """One of them as YAML."""
    text: str = yaml.dump(
        manifest,
        Dumper=_dumper(),
        sort_keys=False,
        default_flow_style=False,
        allow_unicode=False,
        width=_WIDEST,
    )
    return text


def file_name(manifest: Manifest) -> str:
    """`inferenceservice-churn-v4-3f9a1c.yaml`."""
    return f"{manifest['kind'].lower()}-{manifest['metadata']['name']}.yaml"


def write(manifests: Iterable[Manifest], folder: Path) -> Sequence[Path]:
    """Write a file an object, each whole or not at all. Files that are there beside them stay.

    Raises:
        SpecError: The folder cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [_write(folder / file_name(manifest), document(manifest)) for manifest in manifests]
    except OSError as error:
        raise SpecError(f"{folder} cannot be written to: {error.strerror}", field="-o") from error


def _write(path: Path, text: str) -> Path:
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_bytes(text.encode())
    beside.replace(path)
    return path


@cache
def _dumper() -> Any:
    """PyYAML's dumper, by libyaml where that is there, with texts of several lines as such."""
    base: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    dumper: Any = type("Dumper", (base,), {"ignore_aliases": lambda _self, _data: True})
    dumper.add_representer(str, _text)
    return dumper


def _text(dumper: Any, text: str) -> Any:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)
