"""A server in a pod that does what a request's body tells it to; `python3 -c …` with PLATFORMCTL_REVISION.

`work MS`: that much CPU time; `wait MS`: an answer after so long; `eat`: memory until it is killed;
`exit CODE`: the process ends at once; anything else: an answer. START_SECONDS: until it listens at all.
After SIGTERM it answers what it has.
"""

import asyncio
import os
import signal
import time

ME = os.environ["PLATFORMCTL_REVISION"]


async def _connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            await _answer(reader, writer)
    except (asyncio.IncompleteReadError, ConnectionError):
        pass  # the client has left
    finally:
        writer.close()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    pairs = (line.partition(":") for line in head.split("\r\n"))
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    text = "{}" if head.startswith("GET") else await _do(body.decode())
    said = f"HTTP/1.1 200 OK\r\nx-platformctl-revision: {ME}\r\ncontent-length: {len(text)}\r\n\r\n{text}"
    writer.write(said.encode())
    await writer.drain()


async def _do(said: str) -> str:
    verb, _, rest = said.partition(" ")
    if verb == "work":
        until = time.thread_time() + float(rest) / 1000
        while time.thread_time() < until:
            pass
    elif verb == "wait":
        await asyncio.sleep(float(rest) / 1000)
    elif verb == "exit":
        os._exit(int(rest))
    elif verb == "eat":
        eaten = []
        while True:
            eaten.append(b"x" * 1_000_000)
    return '{"predictions": []}'


async def _serve() -> None:
    await asyncio.sleep(float(os.environ.get("START_SECONDS", "0")))
    server = await asyncio.start_server(_connection, "0.0.0.0", 8080, backlog=512)  # noqa: S104 - a pod's
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    server.close()
    await asyncio.sleep(1)


if __name__ == "__main__":
    asyncio.run(_serve())
