"""A server on a unix socket that does what each request tells it to: `python tiny_server.py SOCKET`.

The header `x-do` says what: nothing (200), a status, `reset` (no answer), `cut` (half of an answer),
or `wait SECONDS` (200 after that long). The answer's body counts the requests of its connection.
"""

import asyncio
import sys


async def serve(path: str) -> None:
    """Serve until killed; one line on stdout once it listens."""
    server = await asyncio.start_unix_server(_connection, path, backlog=512)
    sys.stdout.write("listening\n")
    sys.stdout.flush()
    await server.serve_forever()


async def _connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        served = 0
        while await _answer(await reader.readuntil(b"\r\n\r\n"), served, reader, writer):
            served += 1
    except (asyncio.IncompleteReadError, ConnectionError):
        pass  # the client has left
    finally:
        writer.close()


async def _answer(
    head: bytes, served: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> bool:
    headers = dict(
        line.lower().split(": ", 1) for line in head.decode("latin-1").split("\r\n") if ": " in line
    )
    await reader.readexactly(int(headers.get("content-length", "0")))
    action, _, seconds = headers.get("x-do", "200").partition(" ")
    if action == "wait":
        await asyncio.sleep(float(seconds))
    if action != "reset":
        status = action if action.isdigit() else "200"
        body = f'{{"served": {served}}}'
        promised = len(body) + (100 if action == "cut" else 0)
        lines = f"HTTP/1.1 {status} So\r\ncontent-length: {promised}\r\nx-platformctl-revision: liar\r\n\r\n"
        writer.write((lines + body).encode())
        await writer.drain()
    return action not in {"reset", "cut"}


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
