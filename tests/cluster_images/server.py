"""A model server as somebody might write it in an afternoon: it speaks V1 or V2 and has nothing else.

`SPEAKS`: v1 or v2. With `--predictor_host` it is a transformer, which adds `through` to what that answers.
"""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.request import urlopen

NAME = os.environ["PLATFORMCTL_MODEL_NAME"]
ME = os.environ["PLATFORMCTL_REVISION"]
READY, PREDICT = {
    "v1": (f"/v1/models/{NAME}", f"/v1/models/{NAME}:predict"),
    "v2": (f"/v2/models/{NAME}/ready", f"/v2/models/{NAME}/infer"),
}[os.environ["SPEAKS"]]
PREDICTOR = next((b for a, b in zip(sys.argv, sys.argv[1:], strict=False) if a == "--predictor_host"), None)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._say(200 if self.path == READY else 404, {})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.path != PREDICT:
            self._say(404, {"error": "no such page"})
        elif PREDICTOR is None:
            self._say(200, {"predictions": [ME], "outputs": []})
        else:
            with urlopen(f"http://{PREDICTOR}{self.path}", body) as answer:
                self._say(200, json.load(answer) | {"through": ME})

    def _say(self, status: int, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    ThreadingHTTPServer(("0.0.0.0", 8080), Handler).serve_forever()  # noqa: S104 - a pod's
