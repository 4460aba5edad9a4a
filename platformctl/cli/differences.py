"""What is shown of where a deployment differs from its spec."""

from collections.abc import Sequence

from platformctl.cli.output import WIDTH, Column, Document, document, table
from platformctl.domain.names import Name
from platformctl.usecases.diff import Difference


def shape(name: Name, found: Sequence[Difference]) -> Document:
    """Where a deployment differs from its spec."""
    return document(
        "Diff",
        name=name,
        differs=bool(found),
        fields=[{"field": d.field, "live": d.live or None, "wanted": d.wanted or None} for d in found],
    )


def view(found: Sequence[Difference], width: int = WIDTH) -> list[str]:
    """Where a deployment differs from its spec."""
    columns = (
        Column("FIELD", shrinks=True),
        Column("LIVE", shrinks=True),
        Column("WANTED", shrinks=True),
    )
    return table(columns, [[d.field, d.live or "-", d.wanted or "-"] for d in found], width)
