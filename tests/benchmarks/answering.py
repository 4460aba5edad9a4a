"""A small HTTP server in a thread, which answers as a test tells it to."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Answer = Callable[[int, bytes], tuple[float, bytes]]
"""From the number and the body of a request to the seconds that it takes, and the answer's bytes."""


def http(status: int, body: bytes = b"{}") -> bytes:
    return b"HTTP/1.1 %d x\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body)


def post(body: bytes) -> bytes:
    return b"POST / HTTP/1.1\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)


@contextmanager
def answering(answer: Answer) -> Iterator[int]:
    """Its port. An answer of no bytes closes the connection. One request at a time, as a model is called."""
    loop, number, lock = asyncio.new_event_loop(), iter(range(10**9)), asyncio.Lock()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                body = await reader.readexactly(int(head.split(b"content-length: ")[1].split(b"\r")[0]))
                async with lock:
                    seconds, given = answer(next(number), body)
                    await asyncio.sleep(seconds)
                writer.write(given)
                if not given:
                    break
        except asyncio.IncompleteReadError:
            pass
        writer.close()

    async def listen() -> asyncio.Server:
        return await asyncio.start_server(serve, "127.0.0.1", 0)

    server = loop.run_until_complete(listen())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        asyncio.run_coroutine_threadsafe(_close(server), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _close(server: asyncio.Server) -> None:
    server.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    await asyncio.gather(*others, return_exceptions=True)  # the load has closed its connections
