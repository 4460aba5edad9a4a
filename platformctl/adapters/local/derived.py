"""What the state means for supervisord, the router and each server. Pure."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from platformctl.adapters.envoy.table import Backend, Deployment, Table
from platformctl.adapters.local import failures, launch
from platformctl.adapters.local.files import code_folder, model_folder
from platformctl.adapters.local.home import Home
from platformctl.adapters.local.programs import REGISTRY, ROUTER, Daemon, Program, render
from platformctl.adapters.local.state import Live, Stack, State
from platformctl.domain import quantity
from platformctl.domain.names import Name, RevisionId
from platformctl.domain.revision import Code, Revision
from platformctl.domain.route import Route

_STOP_SECONDS = 30
"""How long a server may take to finish its requests; as in a pod."""


def program_name(revision: RevisionId, replica: int) -> str:
    """The name of a replica's program. A revision's own name has no dot."""
    return f"{revision}.{replica}"


def replicas_in(programs: Iterable[str], revision: RevisionId) -> Mapping[int, str]:
    """The programs of a revision's replicas, by number."""
    split = ((name, *name.rpartition(".")) for name in programs)
    return {int(number): name for name, of, _, number in split if of == revision and number.isdigit()}


def table(home: Home, state: State) -> Table:
    """Who gets which share, for the router."""
    named = sorted({*state.deployments, *(live.revision.deployment for live in state.live.values())})
    return Table(state.generation, tuple(_deployment(home, state, name) for name in named))


def _deployment(home: Home, state: State, name: Name) -> Deployment:
    deployed = state.deployments.get(name)
    backends = tuple(
        Backend(key, tuple(home.socket(key, replica) for replica in live.replicas))
        for key, live in sorted(state.live_of(name).items())
    )
    return Deployment(name, deployed.route if deployed else Route(), backends)


def supervisor_conf(home: Home, state: State) -> str:
    """The whole configuration of supervisord."""
    daemon = Daemon(home.run, home.supervisor_socket, home.supervisor_pid, home.logs / "supervisord.log")
    stack = [*_stack(home, state.stack)] if state.stack else []
    replicas = [_replica(home, live, number) for live in state.live.values() for number in live.replicas]
    return render(daemon, [*stack, *replicas])


def programs_wanted(state: State) -> frozenset[str]:
    """The names of all programs that should run."""
    stack = state.stack
    own = [ROUTER] if stack else []
    own += [REGISTRY] if stack and stack.mlflow_port else []
    return frozenset(
        [*own, *(program_name(key, n) for key, live in state.live.items() for n in live.replicas)]
    )


def settings_file(home: Home, revision: RevisionId, replica: int) -> Path:
    """Where a replica's settings are."""
    return home.revision(revision) / f"serving-{replica}.json"


def settings(home: Home, revision: Revision, replica: int) -> bytes:
    """What a replica is to serve (docs/server-contract.md)."""
    content = {
        "schema_version": 1,
        "model_name": revision.deployment,
        "revision": revision.id,
        "model_dir": str(model_folder(home, revision)),
        "predictor": _part(home, revision, "predictor") or {"kind": "auto"},
        "transformer": _part(home, revision, "transformer"),
        "listen": {"unix": str(home.socket(revision.id, replica))},
    }
    return json.dumps(content, indent=1).encode() + b"\n"


def _part(home: Home, revision: Revision, part: str) -> Mapping[str, object] | None:
    code = getattr(revision, part)
    if not isinstance(code, Code):
        return None
    folder = code_folder(home, revision, part)
    kind = {"kind": "class"} if part == "predictor" else {}
    return {**kind, "class": code.class_, "path": str(folder) if folder else None}


def _replica(home: Home, live: Live, number: int) -> Program:
    revision = live.revision
    name = program_name(revision.id, number)
    threads = str(max(1, int(quantity.parse(revision.resources.cpu))))
    settings = ("--settings", str(settings_file(home, revision.id, number)))
    return Program(
        name=name,
        argv=(*_launcher(home, live.python, name), live.python, "-m", "platformctl_predictors", *settings),
        log=home.log(revision.id, number),
        environment={
            "PYTHONUNBUFFERED": "1",
            "OMP_NUM_THREADS": threads,
            "OPENBLAS_NUM_THREADS": threads,
            "MKL_NUM_THREADS": threads,
            **_isolation(home, live.python),
        },
        expected=failures.HOPELESS,
        stop_seconds=_STOP_SECONDS,
    )


def _isolation(home: Home, python: str) -> Mapping[str, str]:
    """An environment of a model's own sees nothing of what is installed elsewhere."""
    own = home.environments in Path(python).parents
    return {"PYTHONPATH": "", "PYTHONNOUSERSITE": "1"} if own else {}


def _stack(home: Home, stack: Stack) -> list[Program]:
    launcher = _launcher(home, stack.python, ROUTER)
    router = Program(ROUTER, (*launcher, *stack.router), home.logs / "envoy.log", last=True)
    return [router, _registry(home, stack)] if stack.mlflow_port else [router]


def _registry(home: Home, stack: Stack) -> Program:
    """The MLflow server. Its background jobs and telemetry are not needed, and slow its start."""
    where = ("--host", "127.0.0.1", "--port", str(stack.mlflow_port), "--workers", "1")
    store = ("--backend-store-uri", f"sqlite:///{home.mlflow / 'mlflow.db'}")
    artifacts = ("--serve-artifacts", "--artifacts-destination", str(home.mlflow / "artifacts"))
    launcher = _launcher(home, stack.python, REGISTRY)
    return Program(
        name=REGISTRY,
        argv=(*launcher, stack.python, "-m", "mlflow", "server", *where, *store, *artifacts),
        log=home.logs / "mlflow.log",
        environment={
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        },
    )


def _launcher(home: Home, python: str, program: str) -> tuple[str, ...]:
    return (python, "-I", "-S", launch.__file__, str(home.launch(program)))
