"""Just as much of Markdown as the checks of our pages need."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]

_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)


def pages() -> list[Path]:
    """README, the other pages beside it, and all of docs/."""
    return sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of that language, without their fences."""
    fenced = rf"^```{language}\n(.*?)^```$"
    return re.findall(fenced, page.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def links(page: Path) -> list[str]:
    """What the page links to, outside of code."""
    return _LINK.findall(_FENCE.sub("", page.read_text("utf-8")))


def anchors(page: Path) -> set[str]:
    """The anchors of its headings, as GitHub makes them."""
    text = _FENCE.sub("", page.read_text("utf-8"))
    headings = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in _HEADING.findall(text)]
    return {heading.strip().replace(" ", "-") for heading in headings}
