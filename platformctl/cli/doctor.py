"""`platformctl doctor`."""

from collections.abc import Iterator

import click

from platformctl.cli import checks, screen
from platformctl.cli.checks import Check, State
from platformctl.cli.opening import reporting, settings_of
from platformctl.cli.options import examples, output_option
from platformctl.cli.output import Document, document, show
from platformctl.cli.session import TIMEOUT, Session
from platformctl.cli.terminal import Style
from platformctl.domain.observed import Severity
from platformctl.domain.settings import Settings


@click.command("doctor", epilog=examples("platformctl doctor"))
@output_option
@click.pass_obj
def command(session: Session, /, *, form: str) -> int:
    """Check the settings, what is installed, and what runs.

    Says which context, target, folder and registry are meant, and why; of a cluster what it is, what
    is needed, and the command that mends it. Changes nothing. The exit code is 1 if something fails.
    """
    made = [*_made(session, settings_of(session))]
    show(_screen(made, screen.style()), _shape(made), form)
    return int(any(check.state is State.FAIL for check in made))


def _made(session: Session, settings: Settings) -> Iterator[Check]:
    yield from checks.settings(settings)
    if settings.target.value == "local":
        yield from checks.installation()
        yield checks.disk(settings.home.value)
        yield from checks.guarded("stack", lambda: _running(session, settings))
        return
    yield checks.python()
    yield checks.installed("cluster")
    yield from checks.guarded("registry", lambda: _registry(session, settings))
    yield from checks.guarded("cluster", lambda: _cluster(session, settings))


def _registry(session: Session, settings: Settings) -> Iterator[Check]:
    with reporting() as reporter:
        world = session.host.world(settings, reporter, TIMEOUT)
        yield checks.registry(settings.registry.value or "none", settings.registry.origin, world)


def _cluster(session: Session, settings: Settings) -> Iterator[Check]:
    made = session.host.cluster(settings)
    yield from checks.cluster(made)
    if not any(check.severity is Severity.ERROR for check in made):
        with reporting() as reporter:
            yield from checks.recorded(session.host.world(settings, reporter, TIMEOUT))


def _running(session: Session, settings: Settings) -> Iterator[Check]:
    found = session.host.stack(settings).status()
    yield from checks.stack(found, settings)
    with reporting() as reporter:
        world = session.host.world(settings, reporter, TIMEOUT)
        uri = settings.registry.value or found.registry or "none"
        yield checks.registry(uri, settings.registry.origin, world)
        if found.is_up:
            yield from checks.guarded("deployments", lambda: checks.deployments(world))


_STYLES = {State.OK: Style.good, State.WARN: Style.warn, State.FAIL: Style.bad}


def _screen(made: list[Check], style: Style) -> list[str]:
    lines: list[str] = []
    width = max(len(check.name) for check in made)
    for check in made:
        state = _STYLES[check.state](style, check.state.value.ljust(4))
        lines.append(f"{state}  {check.name.ljust(width)}  {check.text}")
        if check.hint:
            lines.append(f"{' ' * (6 + width)}  {style.note('hint: ')}{check.hint}")
    return lines


def _shape(made: list[Check]) -> Document:
    return document(
        "Doctor",
        checks=[
            {"name": c.name, "state": c.state.value, "text": c.text, "hint": c.hint or None} for c in made
        ],
    )
