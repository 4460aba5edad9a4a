"""The cluster target of both of KServe's modes: which one has a deployment is asked of the cluster.

A deployment stays in the mode that it was made in: what is chosen, or the cluster's default, is for new ones.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from platformctl.adapters.cluster.api.answers import UnknownKind
from platformctl.adapters.cluster.api.client import Api
from platformctl.adapters.cluster.modes import Modes
from platformctl.domain.cluster import Mode
from platformctl.domain.errors import Refused
from platformctl.domain.names import Name, RevisionId, deployment_of
from platformctl.domain.observed import ABSENT, Capabilities, Finding, Observed, Scope, Summary, Token
from platformctl.domain.revision import Revision, Scale
from platformctl.domain.rollout import Rollout
from platformctl.domain.route import Route
from platformctl.domain.traffic import Answer, Request
from platformctl.ports import Target

MOVING = 'docs/knative.md, "Moving between modes"'

Targets = Mapping[Mode, Callable[[], Target]]
"""How each mode's target is made. They ask nobody until they are used."""


@dataclass(frozen=True)
class Choice:
    """What new deployments are to be.

    Args:
        mode: None: what the cluster's default is.
        origin: Where that was said: "flag --mode", "file …".
        default: Asks the cluster for its default.
    """

    mode: Mode | None
    origin: str
    default: Callable[[], Mode]


class ByMode:
    """The port `Target`, by the target of the mode that a deployment has.

    Args:
        api: The cluster.
        targets: Those of both modes.
        choice: What new deployments are to be.
    """

    def __init__(self, api: Api, targets: Targets, choice: Choice) -> None:
        self._make = targets
        self._targets: dict[Mode, Target] = {}
        self._choice = choice
        self._modes = Modes(api, first=choice.mode or Mode.STANDARD)

    def capabilities(self, name: Name) -> Capabilities:
        """What it can do with a deployment; of one that was not asked for yet, what the first guess can."""
        mode = self._modes.of(name) if self._modes.knows(name) else self._modes.first
        return self._in(mode or self._of_new_ones).capabilities(name)

    def check(self, revision: Revision, scale: Scale) -> Sequence[Finding]:
        """Say what would go wrong with this revision here. Changes nothing.

        Raises:
            Refused: The cluster is not one that can be deployed to, or another mode is chosen than the
                deployment has.
        """
        has, chosen = self._modes.of(revision.deployment), self._choice.mode
        if has is not None and chosen is not None and has is not chosen:
            raise _moved(revision.deployment, has, self._choice)
        return self._of(revision.deployment).check(revision, scale)

    def room(self, revision: Revision) -> int | None:
        """How many replicas have GPUs once all others of the deployment are gone; None: it wants none."""
        return self._of(revision.deployment).room(revision)

    def list(self, scope: Scope) -> Sequence[Summary]:
        """The deployments in scope, of both modes, by name."""
        with ThreadPoolExecutor(len(Mode)) as pool:
            found = pool.map(lambda mode: self._listed(mode, scope), Mode)
            return sorted(chain.from_iterable(found), key=lambda summary: summary.name)

    def observe(self, name: Name) -> Observed:
        """Say how a deployment is now.

        Raises:
            StateCorrupt: What is recorded cannot be read.
            Refused: There is an object of that name which is not ours.
        """
        if not self._modes.knows(name) and self._modes.first is Mode.STANDARD:
            return self._first_seen(name)
        return self._of(name).observe(name)

    def prepare(self, revision: Revision, scale: Scale) -> None:
        """Make a revision live at weight 0. Idempotent; does not wait for it to be ready."""
        self._of(revision.deployment).prepare(revision, scale)

    def scale(self, revision: RevisionId, scale: Scale) -> None:
        """Change the replicas of a live revision."""
        self._of(deployment_of(revision)).scale(revision, scale)

    def commit(self, name: Name, route: Route, rollout: Rollout, token: Token) -> Token:
        """Replace route and rollout together; when it returns the new weights are served."""
        return self._of(name).commit(name, route, rollout, token)

    def forget(self, name: Name, token: Token) -> None:
        """Drop the recorded state of a deployment that has no route and no live revision."""
        self._of(name).forget(name, token)
        self._modes.forget(name)

    def remove(self, revision: RevisionId) -> None:
        """Drain a revision and remove it."""
        self._of(deployment_of(revision)).remove(revision)

    def logs(self, revision: RevisionId, tail: int) -> Sequence[str]:
        """The last lines that a revision's containers wrote, oldest first, also after its removal."""
        return self._of(deployment_of(revision)).logs(revision, tail)

    def predict(self, name: Name, request: Request) -> Answer:
        """Send one prediction through the stable address, or to one revision."""
        return self._of(name).predict(name, request)

    @cached_property
    def _of_new_ones(self) -> Mode:
        return self._choice.mode or self._choice.default()

    def _of(self, name: Name) -> Target:
        return self._in(self._modes.of(name) or self._of_new_ones)

    def _in(self, mode: Mode) -> Target:
        """The target of a mode, made when it is needed: who works in one need not pay for the other."""
        if mode not in self._targets:
            self._targets.setdefault(mode, self._make[mode]())
        return self._targets[mode]

    def _first_seen(self, name: Name) -> Observed:
        """A deployment's mode is told by its HTTPRoute, which Standard mode's target looks at anyway."""
        standard = self._in(Mode.STANDARD)
        try:
            seen = standard.observe(name)
        except Refused:  # the HTTPRoute is somebody else's, or the cluster has none
            if self._of(name) is standard:
                raise
        else:
            if seen.token != ABSENT:
                self._modes.remember(name, Mode.STANDARD)
            if self._of(name) is standard:
                return seen
        return self._of(name).observe(name)

    def _listed(self, mode: Mode, scope: Scope) -> Sequence[Summary]:
        try:
            return self._in(mode).list(scope)
        except UnknownKind:  # without the Gateway API nothing is in Standard mode
            return ()


def _moved(name: Name, has: Mode, choice: Choice) -> Refused:
    other = next(mode for mode in Mode if mode is not has)
    _, _, said = choice.origin.partition(" ")
    return Refused(
        f"{name} is in {has.capitalize()} mode, and {other.capitalize()} mode is chosen: a deployment stays "
        "in the mode that it was made in",
        field=said or None,
        hint=f"--mode {has} changes it as it is; {other.capitalize()} mode takes another name, or an "
        f"interruption: platformctl delete {name}, then deploy it anew ({MOVING})",
    )
