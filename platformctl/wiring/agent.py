"""The ports of the agent, which has no command line, no current folder and none of a person's variables."""

from dataclasses import replace

from platformctl import wiring
from platformctl.adapters.local.agent import Means
from platformctl.adapters.local.home import Home
from platformctl.adapters.local.who import user
from platformctl.domain.names import Name
from platformctl.domain.settings import Flags, settle
from platformctl.ports import Reporter
from platformctl.usecases.automatic import PATIENCE
from platformctl.usecases.world import World


def world(home: Home, name: Name, means: Means, reporter: Reporter) -> World:
    """Return the ports for one deployment, with the means of the command that committed it."""
    flags = Flags(target="local", home=home.root, registry=means.registry)
    settings = settle(flags, {}, None, cwd=home.root)
    settings = replace(settings, cluster=replace(settings.cluster, prometheus=means.prometheus))
    holder = f"the agent of {user()}, which goes on with {name}"
    return replace(wiring.world(settings, reporter, PATIENCE), holder=holder)
