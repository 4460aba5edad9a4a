"""What the state means for supervisord, the router and each server. Pure."""

from collections.abc import Mapping
from pathlib import Path

from platformctl.adapters.envoy.table import Backend, Deployment, Table
from platformctl.adapters.local import failures, launch
from platformctl.adapters.local.home import Home
from platformctl.adapters.local.programs import AGENT, REGISTRY, ROUTER, Daemon, Program, render
from platformctl.adapters.local.state import Live, Stack, State
from platformctl.adapters.local.units import Unit, units
from platformctl.domain import quantity
from platformctl.domain.names import Name
from platformctl.domain.route import Route
from platformctl.plan.upkeep import goes_on_by_itself

_STOP_SECONDS = 30
"""How long a server may take to finish its requests; as in a pod."""


def table(home: Home, state: State) -> Table:
    """Who gets which share, for the router."""
    named = sorted({*state.deployments, *(live.revision.deployment for live in state.live.values())})
    return Table(state.generation, tuple(_deployment(home, state, name) for name in named))


def _deployment(home: Home, state: State, name: Name) -> Deployment:
    deployed = state.deployments.get(name)
    backends = tuple(_backend(home, live) for _, live in sorted(state.live_of(name).items()))
    return Deployment(name, deployed.route if deployed else Route(), backends)


def _backend(home: Home, live: Live) -> Backend:
    """A replica of two processes may answer while one of them is away: the router has to ask how it is."""
    revision = live.revision
    sockets = tuple(home.socket(revision.id, replica) for replica in live.replicas)
    is_pair = any(unit.role for unit in units(revision, live.replicas))
    return Backend(revision.id, sockets, ready_path(revision.deployment) if is_pair else None)


def ready_path(name: Name) -> str:
    """Where a server says whether it is ready."""
    return f"/v2/models/{name}/ready"


def supervisor_conf(home: Home, state: State) -> str:
    """The whole configuration of supervisord."""
    daemon = Daemon(home.run, home.supervisor_socket, home.supervisor_pid, home.logs / "supervisord.log")
    stack = [*_stack(home, state.stack), _agent(home, state.stack, state)] if state.stack else []
    servers = [
        _server(home, live, unit)
        for live in state.live.values()
        for unit in units(live.revision, live.replicas)
    ]
    return render(daemon, [*stack, *servers])


def programs_wanted(state: State) -> frozenset[str]:
    """The names of all programs that should run."""
    stack = state.stack
    own = [ROUTER, AGENT] if stack else []
    own += [REGISTRY] if stack and stack.mlflow_port else []
    return frozenset([*own, *replica_programs(state)])


def needs_agent(state: State) -> bool:
    """Whether anything goes on by itself."""
    return any(goes_on_by_itself(deployed.rollout) for deployed in state.deployments.values())


def replica_programs(state: State) -> list[str]:
    """The names of the programs of all live revisions."""
    lives = state.live.values()
    return [unit.program for live in lives for unit in units(live.revision, live.replicas)]


def settings_file(home: Home, unit: Unit) -> Path:
    """Where a process's settings are."""
    return home.revision(unit.revision) / f"serving-{unit.stem}.json"


def _server(home: Home, live: Live, unit: Unit) -> Program:
    threads = str(max(1, int(quantity.parse(live.revision.resources.cpu))))
    settings = ("--settings", str(settings_file(home, unit)))
    launcher = _launcher(home, live.python, unit.program)
    return Program(
        name=unit.program,
        argv=(*launcher, live.python, "-m", "platformctl_predictors", *settings),
        log=home.log(unit.revision, unit.stem),
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


def _agent(home: Home, stack: Stack, state: State) -> Program:
    """It ends when there is nothing left to do, and is started by who makes something to do."""
    return Program(
        name=AGENT,
        argv=(*_launcher(home, stack.python, AGENT), stack.python, "-m", "platformctl.agent", str(home.root)),
        log=home.logs / "agent.log",
        expected=(0,),
        starts=needs_agent(state),
    )


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
