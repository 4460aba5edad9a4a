"""A server in a pod that does what a request's body tells it to: `python3 -c … ` with REVISION set.

`STATUS`: that status; `say TEXT`: a line on stdout; `exit CODE`: the process ends; `wait SECONDS`: 200 after
that long. `/metrics` counts as our model servers do. After SIGTERM it answers what still comes for a second.
"""

import asyncio
import os
import signal
import sys
from collections import Counter

REVISION = os.environ["REVISION"]
answers: Counter[str] = Counter()


async def _connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while await _answer(reader, writer):
            pass
    except (asyncio.IncompleteReadError, ConnectionError):
        pass  # the client has left
    finally:
        writer.close()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    pairs = (line.partition(":") for line in head.split("\r\n"))
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    status, text = ("200", _metrics()) if head.startswith("GET") else await _do(body.decode())
    lines = (
        f"HTTP/1.1 {status} So\r\nx-platformctl-revision: {REVISION}\r\ncontent-length: {len(text)}\r\n\r\n"
    )
    writer.write((lines + text).encode())
    await writer.drain()
    return True


async def _do(said: str) -> tuple[str, str]:
    verb, _, rest = said.partition(" ")
    if verb == "say":
        sys.stdout.write(rest + "\n")
        sys.stdout.flush()
    elif verb == "exit":
        os._exit(int(rest))
    elif verb == "wait":
        await asyncio.sleep(float(rest))
    status = verb if verb.isdecimal() else "200"
    answers[status] += 1
    return status, '{"predictions": []}'


def _metrics() -> str:
    labels = f'model="churn",revision="{REVISION}",protocol="v1"'
    total = sum(answers.values())
    lines = [f'platformctl_requests_total{{{labels},code="{code}"}} {n}' for code, n in answers.items()]
    lines += [f'platformctl_request_seconds_bucket{{{labels},le="{le}"}} {total}' for le in ("1.0", "+Inf")]
    return "\n".join([*lines, ""])


async def _serve() -> None:
    server = await asyncio.start_server(_connection, "0.0.0.0", 8080, backlog=512)  # noqa: S104 - a pod's
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    sys.stdout.write(f"{REVISION} listens\n")
    sys.stdout.flush()
    await stop.wait()
    server.close()
    await asyncio.sleep(1)


if __name__ == "__main__":
    asyncio.run(_serve())
