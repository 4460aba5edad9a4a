"""The local target: the port `Target` over supervisord, Envoy and the home folder."""

import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from platformctl.adapters.envoy.router import Router
from platformctl.adapters.local import checks, files, logs, statuses
from platformctl.adapters.local.agent import Agent
from platformctl.adapters.local.converge import Converger
from platformctl.adapters.local.disk import writing
from platformctl.adapters.local.files import Download, Fingerprint
from platformctl.adapters.local.home import Home
from platformctl.adapters.local.predictions import Predictions
from platformctl.adapters.local.served import sockets
from platformctl.adapters.local.state import Live, State, StateFile
from platformctl.adapters.local.units import units, units_in
from platformctl.adapters.local.who import user
from platformctl.domain.errors import Conflict, NotFound, Refused, StillServing, Unreachable
from platformctl.domain.names import Name, RevisionId
from platformctl.domain.observed import ABSENT, Capabilities, Finding, Observed, Scope, Summary, Token
from platformctl.domain.progress import Said
from platformctl.domain.revision import Revision, Scale
from platformctl.domain.rollout import Rollout
from platformctl.domain.route import Route
from platformctl.domain.traffic import Answer, Request
from platformctl.ports import Reporter

DRAIN_TIMEOUT = 70.0
"""Seconds; longer than the router lets any request take."""

_ROUTER_TIMEOUT = 5.0
"""Seconds in which a router that was killed is back."""

_POLL = 0.02

_LOGS_KEPT = 20
"""Removed revisions whose logs are kept."""


class LocalTarget:
    """Revisions as processes on this machine.

    Args:
        home: Where everything is.
        router: The Envoy of that home.
        download: The registry's.
        fingerprint: SHA-256 over the files of a folder, as in a revision's `Code.content`.
        reporter: Told what takes long.
        agent: Who goes on by itself with what decides by itself; None: nobody.
    """

    def __init__(  # noqa: PLR0913 - what it is made of
        self,
        home: Home,
        router: Router,
        download: Download,
        fingerprint: Fingerprint,
        reporter: Reporter,
        *,
        agent: Agent | None = None,
    ) -> None:
        self._home = home
        self._router = router
        self._download = download
        self._fingerprint = fingerprint
        self._reporter = reporter
        self._agent = agent
        self._states = StateFile(home)
        self._converger = Converger(home, router)
        self._predictions = Predictions()

    def capabilities(self, name: Name) -> Capabilities:  # noqa: ARG002 - the same for all
        """What it can do."""
        return Capabilities(target=f"local ({self._home.root})", images=False, code=True)

    def check(self, revision: Revision, scale: Scale) -> Sequence[Finding]:
        """Say what would go wrong with this revision here. Changes nothing."""
        self._require_supervisor()
        return checks.findings(self._home, revision, scale)

    def room(self, revision: Revision) -> int | None:  # noqa: ARG002 - the port's
        """Any number: nothing is enforced here."""
        return None

    def list(self, scope: Scope) -> Sequence[Summary]:
        """The deployments in scope, by name. Read from the state: the stack need not be up."""
        deployed = self._states.read().deployments
        chosen = sorted(name for name in deployed if name.startswith(scope.prefix))
        return [Summary(name, deployed[name].route, deployed[name].rollout) for name in chosen]

    def observe(self, name: Name) -> Observed:
        """Say how a deployment is now; finishes what a command that was killed had left.

        Raises:
            StateCorrupt: The state cannot be read.
        """
        state = self._states.read()
        processes = self._converger.supervisor.processes()
        self._converger.heal_if_needed(state, frozenset(processes))
        if self._agent:
            self._agent.see_to(state, processes)
        deployed = state.deployments.get(name)
        return Observed(
            revisions=statuses.statuses(self._home, state.live_of(name), processes),
            route=deployed.route if deployed else Route(),
            rollout=deployed.rollout if deployed else Rollout(),
            token=state.token(name),
            url=_url(state),
        )

    def prepare(self, revision: Revision, scale: Scale) -> None:
        """Make a revision live at weight 0. Idempotent; does not wait for it to be ready.

        Raises:
            SpecError: It is an image, or its Python is not here.
            Refused: The disk is full, or its environment cannot be made.
        """
        checks.refuse_images(revision)
        self._require_supervisor()
        python = self._fetch(revision)
        live = Live(revision=revision, scale=scale, python=str(python))
        with self._states.locked() as state:
            before = state.live.get(revision.id)
            self._require_router()
            self._bring(state if before == live else self._record(state.with_live(live)))
        if before is not None:
            self._renew_failed(live)
            self._retire(revision.id, len(live.replicas))

    def scale(self, revision: RevisionId, scale: Scale) -> None:
        """Change the replicas of a live revision in place.

        Raises:
            NotFound: It is not live.
        """
        with self._states.locked() as state:
            self._require_router()
            before = state.live.get(revision)
            if before is None:
                raise NotFound(f"{revision} is not live", hint="platformctl status shows what is")
            if before.scale == scale:
                return
            live = before.model_copy(update={"scale": scale})
            self._bring(self._record(state.with_live(live)))
        self._retire(revision, len(live.replicas))

    def commit(self, name: Name, route: Route, rollout: Rollout, token: Token) -> Token:
        """Replace route and rollout together; when it returns the new weights are served.

        Raises:
            Conflict: Somebody else has committed since `token` was read.
            Refused: The route names a revision that is not live.
        """
        with self._states.locked() as state:
            self._require_router()
            _compare(state, name, token)
            absent = sorted(set(route.weights) - set(state.live))
            if absent:
                raise Refused(f"{', '.join(absent)} cannot get weight: not live", hint="platformctl deploy")
            before = state.deployments.get(name)
            if self._agent:
                self._agent.told(name, rollout, before.rollout if before else None)
            by = f"{user()} (process {os.getpid()})"
            committed = self._record(state.with_commit(name, route, rollout, by))
            self._serve(committed, is_same=before is not None and before.route == route)
            if self._agent:
                self._agent.see_to(committed)
        return committed.token(name)

    def forget(self, name: Name, token: Token) -> None:
        """Drop the recorded state of a deployment that has no route and no live revision.

        Raises:
            Conflict: Somebody else has committed since.
            StillServing: It has a route, or live revisions.
        """
        with self._states.locked() as state:
            self._require_router()
            _compare(state, name, token)
            deployed = state.deployments.get(name)
            if state.live_of(name) or (deployed and deployed.route.weights):
                raise StillServing(f"{name} still has revisions", hint=f"platformctl delete {name}")
            if deployed:
                self._bring(self._record(state.without(name)))

    def remove(self, revision: RevisionId) -> None:
        """Drain a revision and remove it. Idempotent; its logs are kept.

        Raises:
            StillServing: It has weight.
            DeadlinePassed: A request to it was still running after DRAIN_TIMEOUT.
        """
        if _without_weight(self._states.read(), revision) is not None:
            self._require_router()
            self._router.drain(revision, DRAIN_TIMEOUT)
            with self._states.locked() as state:
                if _without_weight(state, revision) is not None:
                    self._bring(self._record(state.without_live(revision)))
        self._retire(revision, 0)
        files.remove(self._home, revision)
        self._prune_logs()

    def logs(self, revision: RevisionId, tail: int) -> Sequence[str]:
        """The last lines that a revision's processes wrote, oldest first, also after its removal.

        Raises:
            NotFound: Nothing is known of it.
        """
        folder = self._home.logs / revision
        if not folder.is_dir():
            raise NotFound(f"nothing is known of {revision}", hint="platformctl history shows what there was")
        return logs.merged(sorted(folder.glob("*.log")), tail)

    def predict(self, name: Name, request: Request) -> Answer:
        """Send one prediction through the stable address.

        Raises:
            NotFound: There is no such deployment, or no such live revision.
            Unreachable: The stack is not up.
        """
        port = self._predictions.port or self._port()
        answer = self._predictions.send(port, name, request)
        if answer.status == 0:
            self._require_supervisor()
        elif answer.revision is None:
            self._must_exist(name, request.revision)
        return answer

    def _port(self) -> int:
        stack = self._states.read().stack
        if stack is None:
            raise Unreachable("the local stack was never up", hint="platformctl up")
        self._predictions.port = stack.port
        return stack.port

    def _must_exist(self, name: Name, revision: RevisionId | None) -> None:
        state = self._states.read()
        if name not in state.deployments and not state.live_of(name):
            known = ", ".join(sorted(state.deployments)) or "none"
            raise NotFound(f"there is no deployment {name}; there are: {known}", hint="platformctl list")
        if revision is not None and revision not in state.live_of(name):
            raise NotFound(f"{revision} is not live", hint=f"platformctl status {name}")

    def _fetch(self, revision: Revision) -> Path:
        """Its files and its interpreter; nothing is live yet."""
        # Here, as it costs the verbs that only look at a target a tenth of their time.
        from platformctl.adapters.local import environments

        files.fetch(self._home, revision, self._download, self._fingerprint)
        model = files.model_folder(self._home, revision)
        needs = environments.needs_of(model, revision)
        return environments.interpreter(self._home.environments, model, needs, self._say)

    def _record(self, state: State) -> State:
        self._states.write(state)
        return state

    def _bring(self, state: State) -> None:
        self._converger.bring(state)

    def _serve(self, state: State, *, is_same: bool) -> None:
        """Bring all in line. A router that cannot be asked serves the same weights as before."""
        try:
            self._bring(state)
        except Unreachable:
            if not is_same:
                raise

    def _renew_failed(self, live: Live) -> None:
        """Start anew what has failed for good."""
        processes = self._converger.supervisor.processes()
        for unit in units(live.revision, live.replicas):
            if statuses.has_failed(self._home, live, unit, processes):
                self._home.launch(unit.program).unlink(missing_ok=True)
                self._converger.supervisor.renew(unit.program)

    def _retire(self, revision: RevisionId, from_number: int) -> None:
        """Stop the replicas from a number on, which the state no longer has."""
        running = units_in(self._converger.supervisor.processes(), revision)
        gone = [unit for unit in running if unit.replica >= from_number]
        if gone:
            self._converger.retire(frozenset(unit.program for unit in gone))
        for unit in gone:
            self._home.launch(unit.program).unlink(missing_ok=True)
            for socket in sockets(self._home, unit):  # one that was killed left them
                socket.unlink(missing_ok=True)

    def _prune_logs(self) -> None:
        """Keep the logs of what is live, and of the last revisions that were."""
        live = self._states.read().live
        removed = [
            folder for folder in self._home.logs.iterdir() if folder.is_dir() and folder.name not in live
        ]
        removed.sort(key=lambda folder: folder.stat().st_mtime, reverse=True)
        for folder in removed[_LOGS_KEPT:]:
            with writing("the removal of old logs", folder):
                shutil.rmtree(folder)

    def _require_supervisor(self) -> None:
        if not self._converger.supervisor.answers:
            raise Unreachable("the local stack is not up", hint="platformctl up")

    def _require_router(self) -> None:
        """Make sure that a change can be served before it is recorded; a killed Envoy is soon back."""
        deadline = time.monotonic() + _ROUTER_TIMEOUT
        while self._router.served() is None:
            self._require_supervisor()
            if time.monotonic() >= deadline:
                raise Unreachable(
                    "the local router does not answer", hint="platformctl doctor; platformctl up"
                )
            time.sleep(_POLL)

    def _say(self, text: str) -> None:
        self._reporter.event(Said(text))


def _url(state: State) -> str | None:
    return f"http://127.0.0.1:{state.stack.port}" if state.stack else None


def _compare(state: State, name: Name, token: Token) -> None:
    if state.token(name) == token:
        return
    deployed = state.deployments.get(name)
    owner = deployed.by if deployed else "whoever deleted it"
    raise Conflict(
        f"{name} was changed meanwhile by {owner}"
        if token != ABSENT
        else f"{name} was made meanwhile by {owner}",
        owner=owner,
        hint=f"platformctl status {name} shows what it is now",
    )


def _without_weight(state: State, revision: RevisionId) -> Live | None:
    share = state.share(revision)
    if share:
        raise StillServing(f"{revision} has {share} % of the requests", hint="promote or roll back first")
    return state.live.get(revision)
