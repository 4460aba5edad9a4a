"""Parts of platformctl that are installed only where they are needed."""


def install(extra: str) -> str:
    """How to get an extra: a hint.

    Not `pip install platformctl[…]`: another project has that name on PyPI.
    """
    return f"install the extra {extra!r}; in platformctl's checkout: uv sync --locked --all-extras"
