"""The line that a model server of ours writes as it ends, to be read by whoever started it.

{"platformctl": "exit", "code": 65, "cause": "...", "hint": "..."}
"""

import json
from collections.abc import Sequence


def ours(line: str) -> dict[str, object] | None:
    """What a line of ours says; None if it is anybody else's."""
    if '"platformctl"' not in line:
        return None
    try:
        data = json.loads(line)
    except ValueError:
        return None
    return data if isinstance(data, dict) else None


def said(lines: Sequence[str]) -> str | None:
    """The cause and the way out, of the last life that said so.

    Args:
        lines: What a server wrote, oldest first.
    """
    for line in reversed(lines):
        data = ours(line)
        if data is not None and data.get("platformctl") == "exit":
            hint = data.get("hint")
            return f"{data.get('cause')}" + (f" ({hint})" if hint else "")
    return None
