"""`python -m tests.fuzz --minutes 60 [--seed N] [--out FOLDER]`: attacks on real model servers."""

import argparse
import secrets
import sys
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.fuzz.running import Report, fuzz
from tests.fuzz.subjects import PLANS, make_models, running


def main(arguments: list[str] | None = None) -> int:
    """Run, print what was found, and say by the exit code whether that is nothing."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**31))
    parser.add_argument("--out", type=Path, default=Path("fuzz-failures"), help="folder for what fails")
    parser.add_argument("--subject", choices=sorted(PLANS), action="append", help="default: all")
    given = parser.parse_args(arguments)
    report = Report(given.seed)
    try:
        with TemporaryDirectory(prefix="fuzz") as folder, ExitStack() as stack:
            make_models(Path(folder))
            names = given.subject or list(PLANS)
            subjects = [stack.enter_context(running(name, PLANS[name], Path(folder))) for name in names]
            fuzz(subjects, given.minutes * 60, given.seed, report)
    finally:
        sys.stdout.write(summary(report))
        for path in report.write(given.out) if report.failures else []:
            sys.stdout.write(f"written: {path}\n")
    return 0 if report.clean else 1


def summary(report: Report) -> str:
    """The report as a person reads it."""
    lines = [f"seed {report.seed}, {report.seconds / 60:.1f} min, {report.answers.total()} requests"]
    kinds: dict[tuple[str, str], Counter[str]] = {}
    for (subject, attack, status), number in sorted(report.answers.items()):
        kinds.setdefault((subject, attack), Counter())[status] += number
    for (subject, attack), statuses in kinds.items():
        told = ", ".join(f"{status} {number}" for status, number in sorted(statuses.items()))
        lines.append(f"  {subject:10} {attack:24} {told}")
    for subject, sizes in report.memory.items():
        lines.append(f"memory of {subject}: {', '.join(f'{mib:.0f}' for mib in sizes)} MiB")
    lines += [f"LEAK: {text}" for text in report.leaks]
    lines += [
        f"FAILURE: {f.subject}, {f.attack}: {f.symptom}: {f.answer.body[:200]!r}" for f in report.failures
    ]
    lines.append("nothing was found" if report.clean else f"{len(report.failures)} failures")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
