"""Kubernetes quantities: `500m` CPU, `2Gi` of memory.

Source: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
"""

import re
from decimal import Decimal

_SUFFIXES = {
    "m": Decimal("0.001"),
    "": Decimal(1),
    "k": Decimal(10) ** 3,
    "M": Decimal(10) ** 6,
    "G": Decimal(10) ** 9,
    "T": Decimal(10) ** 12,
    "Ki": Decimal(2) ** 10,
    "Mi": Decimal(2) ** 20,
    "Gi": Decimal(2) ** 30,
    "Ti": Decimal(2) ** 40,
}
_QUANTITY = re.compile(r"^(\d{1,15}(?:\.\d{1,9})?)(m|k|M|G|T|Ki|Mi|Gi|Ti)?$", re.ASCII)
_WITH_BYTES = re.compile(r"^(\d+(?:\.\d+)?)\s*([kKMGT])([iI])?[bB]?$", re.ASCII)


def parse(text: str) -> Decimal:
    """Return the quantity's value in its base unit (cores, bytes).

    Raises:
        ValueError: It is no quantity; the message says what was probably meant.
    """
    match = _QUANTITY.fullmatch(text)
    if match:
        return Decimal(match[1]) * _SUFFIXES[match[2] or ""]
    meant = _WITH_BYTES.fullmatch(text.strip())
    if meant:
        number, unit, binary = meant[1], meant[2].upper(), meant[3]
        decimal = "k" if unit == "K" else unit
        choices = [f"{number}{unit}i"] if binary else [f"{number}{unit}i", f"{number}{decimal}"]
        raise ValueError(f"{text!r} is not a quantity; write {' or '.join(choices)}")
    raise ValueError(f"{text!r} is not a quantity such as 500m, 2, 512Mi or 2Gi")
