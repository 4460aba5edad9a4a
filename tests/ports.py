"""Ports for servers that a test starts."""

import random
import socket

_NOBODYS_OWN = range(15_000, 32_000)
"""Below those that Linux gives to outgoing connections: one of those may take a port back at any moment,
so that a server which is stopped and started again would not get its own."""


def free_port() -> int:
    """A TCP port of the loopback interface that nobody listens on now."""
    for port in random.SystemRandom().sample(_NOBODYS_OWN, 100):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("of 100 ports none is free")
