"""What the demo tells: chapters of commands, each with what a person should know before it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from platformctl.demo.trained import MODEL, Trained

CAREFUL = "careful.yaml"
"""The file of the spec that the last version is deployed by."""

DONE = frozenset({0})
DONE_OR_ERRORS = frozenset({0, 1})
"""Where the answer may be no: traffic that meets errors, and the status of what has them."""

_ENOUGH = 3000
"""Requests for the last version: it fails on one in twenty of its tenth, and three failures decide. With
2,000 one demo in 500 has fewer, and waits for ever: nobody calls any more."""


@dataclass(frozen=True)
class Step:
    """One command.

    Args:
        text: What a person should know before it.
        command: What follows `platformctl`, as it is typed.
        ends: The exit codes with which the story goes on.
    """

    text: str
    command: Sequence[str]
    ends: frozenset[int] = DONE


def stack(ports: Sequence[str]) -> Step:
    """Bring the stack up; `ports` are the options of `up`, if any were given."""
    text = (
        "The local stack: a router (Envoy), a registry (MLflow) and whatever is deployed. Three versions "
        f"of a model named {MODEL!r} are trained meanwhile."
    )
    return Step(text, ("up", *ports))


def clearing() -> Step:
    """Remove what an earlier demo has left."""
    return Step("An earlier demo has left its deployment; this one starts over.", ("delete", MODEL, "--yes"))


def first(version: Trained) -> Sequence[Step]:
    """Nothing serves, then one version does."""
    text = f"{_introduced(version)} The alias champion points to it. Nothing serves yet."
    return (
        Step(text, ("deploy", MODEL)),
        Step("Requests, each with one customer of today.", _traffic(200)),
    )


def second(version: Trained) -> Sequence[Step]:
    """A canary that does well, and is promoted."""
    text = f"{_introduced(version)} The alias challenger points to it. One request in ten goes to it first."
    return (
        Step(text, ("deploy", MODEL, "--canary", "10")),
        Step("The split, as it is measured.", _traffic(600)),
        Step("How both fare, as the router counts it.", ("status", MODEL)),
        Step(
            "It does well: it gets everything, and the alias moves to it.",
            ("promote", MODEL, "--alias", "champion"),
        ),
    )


def third(version: Trained) -> Sequence[Step]:
    """A version that fails on some requests, and goes back by itself."""
    text = (
        f"{_introduced(version)} Offline it is as good as any. This time nobody is to watch: {CAREFUL} says "
        "`rollout: {steps: [10, 50, 100]}`, so its errors are compared with those of version 2 at each step."
    )
    why = 'It does not know the plan "flex", which one customer in twenty has. Its errors gave it away.'
    return (
        Step(text, ("deploy", "-f", CAREFUL)),
        Step("The same customers.", _traffic(_ENOUGH), DONE_OR_ERRORS),
        Step(why, ("rollout", "status", MODEL, "--wait")),
        Step("What was done, and by what evidence.", ("history", MODEL)),
        Step(f"All is as it was before version {version.version}.", ("status", MODEL)),
    )


def careful(version: str) -> str:
    """The spec of a version that takes over by itself: the text of the file CAREFUL."""
    return f"""\
apiVersion: platformctl.io/v1alpha1
kind: ModelDeployment
metadata:
  name: {MODEL}
spec:
  model:
    version: {version}
  rollout:
    steps: [10, 50, 100]
"""


def ending(folder: Path, url: str, registry: str, setup: Sequence[str]) -> Sequence[str]:
    """The stack is up: what to try next, and how to stop and remove it.

    Args:
        folder: The demo's.
        url: The stable address.
        registry: MLflow's.
        setup: What a shell needs so that the commands mean this stack.
    """
    return (
        "The stack is up.",
        f"  {MODEL} answers at     {url}/v1/models/{MODEL}:predict",
        f"  the registry's UI is {registry}",
        "",
        "Try next:",
        *(f"  {line}" for line in (*setup, f"cd {folder}")),
        f"  platformctl predict {MODEL}               # one prediction, and who gave it",
        f"  platformctl history {MODEL}               # what has happened",
        f"  platformctl deploy {MODEL} --version 3    # refused: it was rolled back",
        f"  platformctl status {MODEL} --watch        # while something else sends requests",
        "Stop it, and bring the same state back:  platformctl down, platformctl up",
        "Remove it with all it has stored:        platformctl down --purge",
    )


def _introduced(version: Trained) -> str:
    return f"Version {version.version}: {version.title} (AUC {version.auc:.3f})."


def _traffic(count: int) -> Sequence[str]:
    return ("predict", MODEL, "--input", "customers.csv", "--count", str(count))
