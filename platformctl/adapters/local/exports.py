"""Exports to ONNX: in a process of a Python that has the model's own scikit-learn."""

import contextlib
import json
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from platformctl.adapters.local import environments, requirements
from platformctl.adapters.local.disk import writing
from platformctl.domain import last_words
from platformctl.domain.errors import PlatformctlError, Refused, SpecError
from platformctl.domain.exports import PASSED, Judging, Verdict
from platformctl.domain.revision import ModelVersion

_MODULE = "platformctl_predictors.export"
_EXTRA = "export"
_DEADLINE_SECONDS = 3600
_PASSED_OR_FAILED = (0, 1)
_WRONG_ARGUMENTS = 64
_SHOWN_LINES = 3


class LocalExporter:
    """An Exporter on this machine.

    Args:
        environments: The folder of Python environments, by digest.
        download: Copies all files of a version into an empty folder.
        say: Told what takes a while.
    """

    def __init__(
        self,
        environments: Path,
        download: Callable[[ModelVersion, Path], None],
        say: Callable[[str], None],
    ) -> None:
        self._environments = environments
        self._download = download
        self._say = say

    @contextlib.contextmanager
    def export(
        self, version: ModelVersion, out: Path | None, judging: Judging
    ) -> Iterator[tuple[Verdict, Path]]:
        """Copy a version's files into a folder and add the export to them, if its gate passes.

        Raises:
            SpecError: The folder, or the rows to compare on, cannot be used.
            Refused: The model cannot be exported, or its libraries are not to be had.
        """
        if out is not None:
            _must_be_free(out)
        with tempfile.TemporaryDirectory(prefix="platformctl-export-") as place:
            model, made = Path(place, "model"), out or Path(place, "made")
            model.mkdir()
            self._download(version, model)
            python = self._python(version, model)
            yield _verdict(_run(_command(python, model, made, judging), version)), made

    def _python(self, version: ModelVersion, model: Path) -> Path:
        """One that has the scikit-learn that the model was made with, and what an export needs."""
        text = model / "requirements.txt"
        needs = requirements.Needs(
            text.read_text(encoding="utf-8") if text.is_file() else "",
            version.info.python_version,
            frozenset({_EXTRA}),
        )
        with writing("a Python environment", self._environments):
            self._environments.mkdir(parents=True, exist_ok=True, mode=0o700)
        return environments.interpreter(self._environments, model, needs, self._say)


def _must_be_free(out: Path) -> None:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise SpecError(f"{out} is not an empty folder", field="-o", hint="name one that is not there yet")


def _command(python: Path, model: Path, out: Path, judging: Judging) -> Sequence[str]:
    bounds = judging.bounds
    given = [] if judging.rows is None else ["--rows", str(judging.rows)]
    return [
        *(str(python), "-m", _MODULE, str(model), "--out", str(out), "--count", str(judging.count)),
        *("--flips", str(bounds.flips), "--tolerance", str(bounds.tolerance)),
        *("--share", str(bounds.share), "--limit", str(bounds.limit)),
        *(word for name in judging.trusted_types for word in ("--trust-type", name)),
        *given,
    ]


def _run(command: Sequence[str], version: ModelVersion) -> Mapping[str, Any]:
    """The report, which is on stdout whether the gate passed or failed."""
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            timeout=_DEADLINE_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise Refused(
            f"{version.label} was still being exported after an hour", hint="compare on fewer rows: --count"
        ) from error
    if done.returncode in _PASSED_OR_FAILED and done.stdout.lstrip().startswith("{"):
        return dict(json.loads(done.stdout))
    raise _failure(done, version)


def _failure(done: subprocess.CompletedProcess[str], version: ModelVersion) -> PlatformctlError:
    """What the process said last: a cause and a way out, or a traceback."""
    lines = done.stderr.splitlines()
    said = _exit_line(lines)
    if said is None:
        ended = last_words.said(lines) or " / ".join(line.strip() for line in lines[-_SHOWN_LINES:])
        return Refused(f"{version.label} could not be exported: {ended}", hint="report it, with the model")
    if done.returncode == _WRONG_ARGUMENTS:
        return SpecError(said["cause"], hint=said["hint"])
    return Refused(f"{version.label} cannot be exported: {said['cause']}", hint=said["hint"])


def _exit_line(lines: Sequence[str]) -> dict[str, str] | None:
    for line in reversed(lines):
        with contextlib.suppress(ValueError):
            data = json.loads(line)
            if isinstance(data, dict) and data.get("platformctl") == "exit":
                return {"cause": str(data.get("cause")), "hint": str(data.get("hint"))}
    return None


def _verdict(report: Mapping[str, Any]) -> Verdict:
    counts = report["counts"]
    return Verdict(
        passed=report["verdict"] == PASSED,
        reason=report["reason"],
        precision=report["precision"],
        rows=counts["rows"],
        flips=counts["flips"],
        within=counts["within"],
        largest=counts["max_difference"],
        report=report,
    )
