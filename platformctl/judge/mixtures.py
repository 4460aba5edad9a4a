"""Evidence against a null hypothesis, as a mixture of several ways in which it may be wrong.

Each alternative has an e-process: a product, over windows, of factors none of which the null expects to be
above 1. A mixture of such with weights that sum to 1 is another. By Ville's inequality the chance that it
ever reaches 1/alpha, at whatever window and however often one looks, is at most alpha (Ville, Étude critique
de la notion de collectif, 1939; Ramdas, Grünwald, Vovk and Shafer, Game-theoretic statistics and safe
anytime-valid inference, Statistical Science 2023).

What is kept of all windows is one number an alternative: the logarithm of its product so far.
"""

import math
from collections.abc import Sequence

from platformctl.domain.gates import Evidence


def times(evidence: Evidence, factors: Sequence[float]) -> Evidence:
    """The evidence with one more window.

    Args:
        evidence: Of the windows before.
        factors: The logarithm of each alternative's factor.
    """
    before = evidence.logs or (0.0,) * len(factors)
    return Evidence(logs=tuple(log + factor for log, factor in zip(before, factors, strict=True)))


def log_against(evidence: Evidence, weights: Sequence[float]) -> float:
    """The logarithm of the mixture; 0 says nothing, log(1/alpha) decides.

    Args:
        evidence: Of all windows.
        weights: Of the alternatives; they sum to 1.
    """
    if not evidence.logs:
        return 0.0
    highest = max(evidence.logs)
    summed = sum(w * math.exp(log - highest) for w, log in zip(weights, evidence.logs, strict=True))
    return highest + math.log(summed)
