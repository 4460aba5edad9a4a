"""`python -m platformctl_predictors.export FOLDER --out DIR`: export a model, and hold it equal.

The report is printed on stdout as JSON. Exit codes: 0, the gate passed; 1, it failed; 64, wrong arguments;
65, the model cannot be exported; 66, a library is missing. Before 64 and above, the last line of stderr
is JSON, as docs/server-contract.md has it.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from platformctl_predictors.exits import Code, Exit, Parser, told
from platformctl_predictors.export.errors import BadRows, Unexportable
from platformctl_predictors.export.rows import LEAST, SEED
from platformctl_predictors.formats.onnx_gate import Bounds, GateReport

FAILED = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Export; answer the exit code."""
    try:
        made = _run(_parser().parse_args(arguments))
    except Exit as end:
        return told(end)
    except Unexportable as error:
        return told(
            Exit(Code.MODEL, str(error), "serve it as it is: auto takes the fused or the plain pipeline")
        )
    except BadRows as error:
        return told(Exit(Code.SETTINGS, str(error), "give rows as requests have them, with --rows FILE"))
    except FileExistsError as error:
        return told(Exit(Code.SETTINGS, str(error), "choose a folder that is empty, or not there yet"))
    sys.stdout.write(made.model_dump_json(indent=2) + "\n")
    return 0 if made.verdict == "passed" else FAILED


def _run(options: argparse.Namespace) -> GateReport:
    bounds = Bounds(
        flips=options.flips, tolerance=options.tolerance, share=options.share, limit=options.limit
    )
    try:
        from platformctl_predictors.export.exporting import Asked, export_model  # takes seconds
    except ImportError as error:
        raise Exit(
            Code.LIBRARY,
            f"an export needs a library that cannot be imported: {error}",
            "install platformctl-predictors[export]",
        ) from error
    asked = Asked(options.rows, options.count, options.seed, bounds, tuple(options.trust_type))
    return export_model(options.folder, options.out, asked)


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="python -m platformctl_predictors.export", allow_abbrev=False)
    default = Bounds()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--rows", type=Path, metavar="FILE", help="else they are generated")
    parser.add_argument("--count", type=int, default=LEAST, help="rows to generate, at least")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--trust-type", action="append", default=[], metavar="TYPE")
    parser.add_argument("--flips", type=int, default=default.flips)
    parser.add_argument("--tolerance", type=float, default=default.tolerance)
    parser.add_argument("--share", type=float, default=default.share)
    parser.add_argument("--limit", type=float, default=default.limit)
    return parser


if __name__ == "__main__":
    sys.exit(main())
