"""Which known name a misspelt one was probably meant to be."""

from collections.abc import Iterable

_LONGEST = 64


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known name with the fewest typing mistakes from `word`; None if all are too far.

    Case, '_' and '-' do not count: `api_version` is near to `apiVersion`. Otherwise one mistake a
    three letters is near (an insertion, a deletion, a replacement, two neighbours swapped).
    """
    plain = _plain(word)
    ranked = sorted((_mistakes(plain, _plain(name)), name) for name in known)
    if not ranked or not plain:
        return None
    mistakes, name = ranked[0]
    return name if mistakes <= max(1, min(len(plain), len(_plain(name))) // 3) else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a hint: the nearest name, or all of them when none is near."""
    names = sorted(known)
    near = nearest(word, names)
    if near is not None:
        return f"did you mean {near}?"
    return f"known: {', '.join(names)}" if names else "there is none"


def _plain(word: str) -> str:
    return word.casefold().replace("_", "").replace("-", "")


def _mistakes(left: str, right: str) -> int:
    """The optimal string alignment distance; quickly a large number for a very long word."""
    if max(len(left), len(right)) > _LONGEST:
        return _LONGEST
    before: list[int] = []
    above = list(range(len(right) + 1))
    for row, letter in enumerate(left, 1):
        line = [row]
        for column, other in enumerate(right, 1):
            cost = min(above[column] + 1, line[-1] + 1, above[column - 1] + (letter != other))
            if row > 1 and column > 1 and letter == right[column - 2] and left[row - 2] == other:
                cost = min(cost, before[column - 2] + 1)
            line.append(cost)
        before, above = above, line
    return above[-1]
