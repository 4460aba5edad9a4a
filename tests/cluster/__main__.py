"""The test cluster by hand: `python -m tests.cluster build|up|knative|kubeconfig|down`."""

import argparse
import signal
import sys
from pathlib import Path
from types import FrameType

from tests.cluster import images, knative, lifecycle
from tests.cluster.cluster import Cluster
from tests.cluster.processes import ClusterError
from tests.cluster.requirements import Extent, built


def main() -> int:
    """Do what the command line asks for; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.cluster", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("build", help="build what is not built yet: 20 minutes on two cores")
    up = verbs.add_parser("up", help="bring the cluster up, and leave it; prints its kubeconfig's path")
    up.add_argument("--only", choices=["api", "node"], default="all", help="how much of it; default: all")
    up.add_argument("--knative", action="store_true", help="with Knative Serving, beside Standard mode")
    verbs.add_parser(
        "knative", help="install Knative Serving on the cluster that is up, where it is not there"
    )
    verbs.add_parser("kubeconfig", help="print the path of the kubeconfig of the cluster that is up")
    verbs.add_parser("down", help="end it, and remove what is left of it")
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, _interrupted)
    try:
        return _done(chosen)
    except ClusterError as error:
        print(error, file=sys.stderr)  # noqa: T201 - a command line
        return 1


def _interrupted(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt  # what is half up is taken down


def _done(chosen: argparse.Namespace) -> int:
    match chosen.verb:
        case "build":
            programs = {name: Path(path) for name, path in built("all").items()}
            images.archives(programs)
            images.knative_archives(programs)
        case "up":
            _up(chosen.only, with_knative=chosen.knative)
        case "down":
            lifecycle.down()
        case "knative":
            knative.ensure(_there())
        case _:
            print(_there().kubeconfig)  # noqa: T201 - as above
    return 0


def _up(extent: Extent, *, with_knative: bool) -> None:
    if with_knative and extent != "all":
        raise ClusterError(f"--knative needs KServe, which is not there with --only {extent}")
    cluster = lifecycle.up(extent)
    if with_knative:
        knative.ensure(cluster)
    print(cluster.kubeconfig)  # noqa: T201 - as above


def _there() -> Cluster:
    if (cluster := lifecycle.find()) is None:
        raise ClusterError("no cluster is up: `python -m tests.cluster up`")
    return cluster


if __name__ == "__main__":
    sys.exit(main())
