"""From cumulative figures to what happened between two looks, as the judge takes it. Pure.

Modules:
    increments: what two readings of one revision's counters are apart, through restarts.
    cutting: the windows of a look, a gate each; or why there are none.
    thresholds: from which latency on an answer is slow.
"""
