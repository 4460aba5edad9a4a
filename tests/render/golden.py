"""`python -m tests.render.golden`: write anew what is rendered. Read the difference before a commit."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.render.cases import CASES, GOLDEN, text


def main() -> None:
    """Write all of them, and nothing else stays."""
    GOLDEN.mkdir(exist_ok=True)
    for path in GOLDEN.glob("*.yaml"):
        if path.stem not in CASES:
            path.unlink()
    with TemporaryDirectory() as folder:
        for name in CASES:
            (GOLDEN / f"{name}.yaml").write_text(text(name, Path(folder)), encoding="utf-8")
            sys.stderr.write(f"{name}\n")


if __name__ == "__main__":
    main()
