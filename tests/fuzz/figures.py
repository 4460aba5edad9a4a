"""What a server holds on to: memory, descriptors, threads, requests in flight."""

import time
from dataclasses import dataclass

import psutil

from tests.fuzz.subjects import Subject
from tests.serving.gate import added, samples

_SETTLED_S = 30.0
_RSS_SHARE = 0.10
_RSS_MIB = 24.0
_MORE_THREADS = 8
"""Pools fill up as work comes in."""


@dataclass(frozen=True)
class Figures:
    """At one moment.

    Args:
        rss_mib: Resident memory in MiB.
        fds: Open descriptors.
        threads: Of the process.
        in_flight: Requests that are being answered, as the server says.
    """

    rss_mib: float
    fds: int
    threads: int
    in_flight: float


def figures(subject: Subject) -> Figures:
    """Of a server, now."""
    process = psutil.Process(subject.server.process.pid)
    with process.oneshot():
        rss, fds, threads = process.memory_info().rss, process.num_fds(), process.num_threads()
    in_flight = added(samples(subject.server), "platformctl_in_flight", {})
    return Figures(rss / 2**20, fds, threads, in_flight)


def settled(subject: Subject, before: Figures | None = None) -> Figures:
    """Once all that was asked is answered, and no more is open than before; or after half a minute."""
    deadline = time.monotonic() + _SETTLED_S
    while True:
        now = figures(subject)
        quiet = now.in_flight == 0 and (before is None or now.fds <= before.fds)
        if quiet or time.monotonic() > deadline:
            return now
        time.sleep(0.05)


def leaks(before: Figures, after: Figures) -> list[str]:
    """What has grown, in words."""
    found = []
    if after.in_flight:
        found.append(f"{after.in_flight:g} requests are still in flight")
    if after.fds > before.fds:
        found.append(f"open descriptors: {before.fds} before, {after.fds} after")
    if after.threads > before.threads + _MORE_THREADS:
        found.append(f"threads: {before.threads} before, {after.threads} after")
    if after.rss_mib > before.rss_mib * (1 + _RSS_SHARE) + _RSS_MIB:
        found.append(f"memory: {before.rss_mib:.0f} MiB before, {after.rss_mib:.0f} after")
    return found
