"""Kubeconfig files for tests."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml


def written(folder: Path, document: Mapping[str, Any], name: str = "config") -> str:
    """Write a kubeconfig; return its path."""
    file = folder / name
    file.write_text(yaml.safe_dump(dict(document)))
    return str(file)


def one(server: str = "https://example.invalid:6443", **user: Any) -> dict[str, Any]:
    """A kubeconfig of one context, `ours`."""
    context = {"cluster": "there", "user": "ada", "namespace": "ml"}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "ours",
        "contexts": [{"name": "ours", "context": context}],
        "clusters": [{"name": "there", "cluster": {"server": server}}],
        "users": [{"name": "ada", "user": user}],
    }
