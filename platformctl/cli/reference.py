"""docs/cli.md, generated: `python -m platformctl.cli.reference` writes it."""

from collections.abc import Iterator
from pathlib import Path

import click

from platformctl.cli.main import PROGRAM, VERBS, cli

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"
_WIDTH = 80

_HEAD = """\
# The command line

Generated from the program by `python -m platformctl.cli.reference`; do not edit.

Data is printed on stdout, everything else on stderr. What `-o json` prints is described in
[cli-json.md](cli-json.md). `--context`, `--target`, `--kube-context`, `--namespace`, `--mode`, `--registry`,
`--home` and `--debug` may stand before or after the verb; [configuration.md](configuration.md) says what else
settles them.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | the answer is no: it differs, is degraded, failed to load, was rolled back |
| 2 | usage or spec: nothing was changed |
| 3 | a service could not be reached |
| 4 | a deadline passed, or it is paused, while it was still progressing |
| 5 | somebody else is at work on the same deployment |
| 70 | a bug: run it again with `--debug` |
| 130 | interrupted by Ctrl-C |
"""


def page() -> str:
    """The whole page."""
    return "\n".join([_HEAD, *_sections()])


def commands() -> Iterator[click.Context]:
    """All verbs, and what is below a verb after it: each as it is called."""
    root = click.Context(cli, info_name=PROGRAM, **cli.context_settings)
    for name in VERBS:
        command = cli.get_command(root, name)
        if command is None:  # the table is what get_command reads
            raise AssertionError(name)
        verb = click.Context(command, parent=root, info_name=name, terminal_width=_WIDTH)
        yield verb
        for inner, below in command.commands.items() if isinstance(command, click.Group) else ():
            yield click.Context(below, parent=verb, info_name=inner, terminal_width=_WIDTH)


def _sections() -> Iterator[str]:
    for context in commands():
        name = context.command_path.removeprefix(f"{PROGRAM} ")
        first = (context.command.help or "").partition("\n")[0]
        yield f"## {name}\n\n{first}\n\n```text\n{context.get_help()}\n```\n"


if __name__ == "__main__":
    PAGE.write_text(page())
