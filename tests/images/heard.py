"""Who is told how a build goes."""

from platformctl.domain.progress import Event, Said


class Heard:
    """Keeps the lines."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def event(self, event: Event) -> None:
        """Keep one."""
        assert isinstance(event, Said)
        self.texts.append(event.text)
