"""What is in the registry that the tests look at."""

from dataclasses import dataclass

KINDS = ("skops", "pickle", "cloudpickle", "bare", "pyfunc", "bare")

SPOKEN = "Kündigung größer 1.5 & o'Brien, 顧客?"
"""A model's name with all that MLflow allows: it refuses only `/` and `:`."""


@dataclass(frozen=True)
class Logged:
    """Ids of logged models, by how they were serialised, in the order of `KINDS`: versions 1 to 6.

    `doomed` is there to be deleted by a test.
    """

    skops: str
    pickle: str
    cloudpickle: str
    bare: str
    pyfunc: str
    doomed: str
