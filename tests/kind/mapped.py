"""A port of this machine that leads to one of a node: `python -m tests.kind.mapped HERE THERE FOLDER`.

It ends when the folder is gone, which is the cluster's.
"""

import asyncio
import sys
from contextlib import suppress
from pathlib import Path


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(2**16):
            writer.write(data)
            await writer.drain()
    with suppress(OSError):
        writer.close()


async def main(here: str, there: str, folder: Path) -> None:
    """Lead connections on until the folder is gone."""
    host, _, port = there.partition(":")

    async def led(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            inner, outer = await asyncio.open_connection(host, int(port))
        except OSError:
            writer.close()
            return
        await asyncio.gather(_copy(reader, outer), _copy(inner, writer))

    own, _, number = here.partition(":")
    async with await asyncio.start_server(led, own, int(number)):
        while folder.exists():  # noqa: ASYNC110, ASYNC240 - nobody tells of its end; it is on a disk here
            await asyncio.sleep(0.5)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
