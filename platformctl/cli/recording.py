"""`platformctl analyze --record`: the counters, kept for a replay."""

from datetime import timedelta
from pathlib import Path

from platformctl.adapters import readings
from platformctl.domain.errors import Unreachable
from platformctl.domain.names import Name
from platformctl.usecases.analyze import reading
from platformctl.usecases.world import World


def recorded(world: World, name: Name, file: str, every: timedelta | None) -> int:
    """Add a reading of the revisions that have requests to a file; with `every` one so often, until Ctrl-C.

    While the source of the figures is down none is added: a replay does without it.
    """
    path = Path(file)
    readings.append(path, reading(world, name))
    world.say(f"recorded: {path}")
    try:
        while every is not None:
            world.clock.sleep(every.total_seconds())
            try:
                readings.append(path, reading(world, name))
            except Unreachable as error:
                world.warn(f"no reading: {error}", error.hint or "")
    except KeyboardInterrupt:
        pass
    return 0
