from pathlib import Path

import pytest

from tests.static.markdown import ROOT, anchors, links, pages

pytestmark = pytest.mark.quick


def broken(page: Path) -> list[str]:
    """The links of a page that lead to no file, or to no heading, of this checkout."""
    found = []
    for link in links(page):
        if link.startswith(("https://", "http://127.0.0.1")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            found.append(link)
    return found


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_resolves(page: Path) -> None:
    assert broken(page) == []


def test_every_page_of_the_docs_is_reached_from_the_readme() -> None:
    reached, todo = set(), [ROOT / "README.md"]
    while todo:
        page = todo.pop()
        if page in reached:
            continue
        reached.add(page)
        targets = [
            (page.parent / link.partition("#")[0]).resolve() for link in links(page) if "://" not in link
        ]
        todo += [target for target in targets if target.suffix == ".md" and target.is_file()]
    assert sorted(set(ROOT.glob("docs/**/*.md")) - reached) == []


def test_a_broken_link_and_a_broken_anchor_are_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A page\n[a](gone.md) [b](#a-page) [c](page.md#nowhere)\n```\n[d](code.md)\n```\n")
    assert broken(page) == ["gone.md", "page.md#nowhere"]
