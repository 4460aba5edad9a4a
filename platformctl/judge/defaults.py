"""The gates of a rollout that says nothing else. Their alphas sum to 1 %."""

from platformctl.domain.gates import Gate

ERRORS = Gate(name="errors", happened="failed", alpha=0.005)
SLOW = Gate(name="latency", happened="were slow", alpha=0.0035)
REFUSED = Gate(name="4xx", happened="were refused", alpha=0.0015)
"""What is the client's fault for all that one can tell, unless the canary has more of it."""

GATES = (ERRORS, SLOW, REFUSED)
