"""The least that a server can do, by a protocol of uvloop: `python -m benchmarks.serving.echo PORT`.

What the load generator reaches against it is the most that it can measure.
"""

import asyncio
import sys
from typing import cast

import uvloop

from benchmarks.serving.load import HOST

_BODY = b'{"predictions":[[0.25,0.75]]}'
_ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(_BODY), _BODY)


class _Echo(asyncio.Protocol):
    """The same answer to whatever ends a request of one object."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if data.endswith(b"}"):
            self._transport.write(_ANSWER)


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(_Echo, HOST, port)
    await server.serve_forever()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(int(sys.argv[1])))
