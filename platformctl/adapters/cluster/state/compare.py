"""One compare-and-set, whatever object the record is in."""

from collections.abc import Callable
from typing import TypeVar

from platformctl.adapters.cluster.api.answers import AlreadyThere, Missing, Stale
from platformctl.adapters.cluster.api.client import Api
from platformctl.adapters.cluster.state.recorded import Recorded
from platformctl.domain import manifests
from platformctl.domain.errors import Conflict
from platformctl.domain.manifests import Manifest
from platformctl.domain.names import Name
from platformctl.domain.observed import ABSENT, Token

_TRIES = 20
"""A gateway writes the status of a route a few times after each commit, and each makes what we read stale."""

T = TypeVar("T")
Read = TypeVar("Read")


def compare(deployment: Name, recorded: Recorded | None, token: Token) -> None:
    """Make sure that what is recorded is what the token was read with.

    Raises:
        Conflict: It is not.
    """
    if (recorded.token if recorded else ABSENT) == token:
        return
    owner = recorded.by if recorded else "whoever deleted it"
    what = "changed" if token != ABSENT else "made"
    raise Conflict(
        f"{deployment} was {what} meanwhile by {owner}",
        owner=owner,
        hint=f"platformctl status {deployment} shows what it is now",
    )


def until_fresh(read: Callable[[], Read], change: Callable[[Read], T], what: str) -> T:
    """Change what was just read, and again where somebody else, such as a controller, wrote in between.

    Args:
        read: Reads it.
        change: Changes it if it is still as it was read.
        what: Its kind and name, as kubectl takes them.

    Raises:
        Conflict: Somebody writes it all the time.
    """
    for _ in range(_TRIES):
        try:
            return change(read())
        except (Stale, AlreadyThere, Missing):
            continue
    raise Conflict(
        f"{what} is written all the time",
        owner="another client",
        hint=f"who does? kubectl get {what} --show-managed-fields -o yaml",
    )


def write(api: Api, wanted: Manifest, *, is_new: bool, takes_over: bool) -> Manifest:
    """Make an object, or replace it if it is of the resource version that `wanted` has.

    Raises:
        AlreadyThere, Stale: It is not as it was read.
        Conflict: Another manager has set one of its fields.
    """
    if is_new:
        return api.create(wanted)
    try:
        return api.apply(wanted, force=takes_over)
    except Stale:
        raise
    except Conflict as error:
        if error.owner != manifests.MANAGER:
            raise
        # We made it by a POST, which is the only way not to overwrite what somebody made meanwhile.
        return api.apply(wanted, force=True)
