"""Run it until it is stopped: `python -m tests.cluster.knative_ingress …`."""

import argparse
from pathlib import Path

from tests.cluster.knative_ingress.api import Api
from tests.cluster.knative_ingress.keeper import Keeper
from tests.cluster.knative_ingress.probing import Gateway


def main() -> None:
    """Look after all KIngress objects of the class."""
    parser = argparse.ArgumentParser(prog="python -m tests.cluster.knative_ingress", description=__doc__)
    parser.add_argument("--server", required=True, help="the API server, as HOST:PORT")
    for file in ("authority", "certificate", "key"):
        parser.add_argument(
            f"--{file}", type=Path, required=True, help="a PEM file: who is asked, and as whom"
        )
    parser.add_argument("--gateway", required=True, help="the Gateway, as NAMESPACE/NAME")
    parser.add_argument("--address", required=True, help="where that takes requests, as this process does")
    parser.add_argument("--domain", required=True, help="the name of its Service, as pods do")
    chosen = parser.parse_args()
    api = Api(chosen.server, chosen.authority, chosen.certificate, chosen.key)
    Keeper(api, Gateway(chosen.gateway, chosen.address, chosen.domain)).keep()


if __name__ == "__main__":
    main()
