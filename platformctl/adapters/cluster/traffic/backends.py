"""When a gateway has learned of the servers behind a rule: later than of the rule."""

import time
from collections.abc import Callable

PATIENCE_SECONDS = 5.0
"""In which it learns of them as a rule; Envoy Gateway was seen to need 0.8 s on a machine that is busy."""

_POLL_SECONDS = 0.05


def await_learned(
    is_routed: Callable[[], bool],
    are_ready: Callable[[], bool],
    in_a_row: int,
    deadline: float,
    patience: float = PATIENCE_SECONDS,
) -> bool:
    """Wait until requests get to servers.

    After each `patience` it is asked whether there are servers to get to. Where there are none it is not
    waited: that a revision has weight and no pod that is ready is told elsewhere.

    Args:
        is_routed: Sends a request, and says whether a server answered.
        are_ready: Whether there are servers behind all that has weight.
        in_a_row: So many answers, one after the other, come from all proxies.
        deadline: On the monotonic clock.
        patience: Seconds.

    Returns:
        Whether it ended well: False if there were servers until the deadline, and requests did not get there.
    """
    patient_until = time.monotonic() + patience
    answered = 0
    while answered < in_a_row:
        if is_routed():
            answered += 1
            continue
        answered = 0
        now = time.monotonic()
        if now >= patient_until:
            if not are_ready():
                return True
            patient_until = now + patience
        if now >= deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True
