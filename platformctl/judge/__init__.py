"""Whether a canary is worse than what serves, from counts; how often that is wrong is stated, and kept. Pure.

Modules:
    mixtures: evidence against a null, as a mixture over alternatives; what may be multiplied over windows.
    ratios: evidence from single requests that a rate is higher, or that it is not.
    bets: the same from whole windows, for errors that come in bursts.
    limits: evidence on the canary's own rate, where there is nothing to compare it with.
    gates: what is known of a gate with one more window, and the verdict.
    defaults: the gates of a rollout that says nothing else.
    scales: how far each test of a gate has come.
    series: how the evidence came to be what it is, in as many points after a thousand looks.
    forecast: what it would take to decide.
"""
