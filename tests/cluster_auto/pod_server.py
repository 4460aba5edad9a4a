"""A server in a pod whose version 2 behaves as DOES says; `python3 -c …` with PLATFORMCTL_REVISION.

`good`; `broken`: each fifth answer is a 500; `crashing`: it ends after five. The bodies `mute` and
`speak` say whether /metrics answers. It counts as our model servers do. After SIGTERM it answers what it has.
"""

import asyncio
import os
import signal
from collections import Counter

ME = os.environ["PLATFORMCTL_REVISION"]
DOES = os.environ["DOES"] if "-v2-" in ME else "good"
answers: Counter[str] = Counter()
muted = False
_ENOUGH = 5


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
    if head.startswith("GET /metrics"):
        status, text = ("500", "") if muted else ("200", _metrics())
    else:
        status, text = ("200", "{}") if head.startswith("GET") else _do(body.decode())
    lines = f"HTTP/1.1 {status} So\r\nx-platformctl-revision: {ME}\r\ncontent-length: {len(text)}\r\n\r\n"
    writer.write((lines + text).encode())
    await writer.drain()


def _do(said: str) -> tuple[str, str]:
    global muted  # noqa: PLW0603 - one server, one state
    if said in {"mute", "speak"}:
        muted = said == "mute"
        return "200", '{"predictions": []}'
    if DOES == "crashing" and sum(answers.values()) >= _ENOUGH:
        os._exit(1)
    status = "500" if DOES == "broken" and sum(answers.values()) % 5 == 0 else "200"
    answers[status] += 1
    return status, '{"predictions": []}'


def _metrics() -> str:
    labels = f'model="churn",revision="{ME}",protocol="v1"'
    total = sum(answers.values())
    lines = [f'platformctl_requests_total{{{labels},code="{code}"}} {n}' for code, n in answers.items()]
    lines += [
        f'platformctl_request_seconds_bucket{{{labels},le="{le}"}} {total}' for le in ("0.1", "1.0", "+Inf")
    ]
    return "\n".join([*lines, ""])


async def _serve() -> None:
    server = await asyncio.start_server(_connection, "0.0.0.0", 8080, backlog=512)  # noqa: S104 - a pod's
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    server.close()
    await asyncio.sleep(1)


if __name__ == "__main__":
    asyncio.run(_serve())
