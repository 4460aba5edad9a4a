"""Asks an MLflow server, and asks again where that helps."""

import http.client
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote, urlencode

from platformctl_storage.exits import Code, Exit
from platformctl_storage.settings import Settings

T = TypeVar("T")

_FOR_A_WHILE = frozenset({408, 429, 500, 502, 503, 504})
"""Statuses after which MLflow's own client asks again."""

_LONGEST_PAUSE = 120.0
_CHUNK = 1 << 20
_QUOTED = 200


class ForAWhile(Exception):
    """It may go better another time.

    Args:
        pause: Seconds that the server asks for.
    """

    def __init__(self, why: str, pause: float = 0.0) -> None:
        super().__init__(why)
        self.pause = pause


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: credentials stay with the server that they are for."""

    def redirect_request(self, *_arguments: object, **_named: object) -> None:
        """No other request."""


class Server:
    """An MLflow server that hands out artifacts."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        handlers: list[urllib.request.BaseHandler] = [_Stay()]
        if settings.tls is not None:
            handlers.append(urllib.request.HTTPSHandler(context=settings.tls))
        self._opener = urllib.request.build_opener(*handlers)

    def listing(self, path: str) -> bytes:
        """What it lists in a folder, below the model's.

        Raises:
            Exit: It cannot be asked, or refuses.
        """

        def ask() -> bytes:
            with self._asked(f"?{urlencode({'path': self._path(path)})}") as reply:
                return _received(reply)

        return self._patiently(ask)

    def save(self, path: str, place: Path, size: int | None) -> None:
        """Write a file, below the model's folder, to `place`; go on behind what is there already.

        Raises:
            Exit: It cannot be asked, refuses, or sends something else than it lists.
            OSError: The file cannot be written.
        """
        self._patiently(lambda: self._save(path, place, size))

    def _save(self, path: str, place: Path, size: int | None) -> None:
        there = place.stat().st_size if place.exists() else 0
        if size is None or there > size:
            there = 0
        if there and there == size:
            return
        wanted = {"Range": f"bytes={there}-"} if there else {}
        with self._asked("/" + quote(self._path(path)), wanted) as reply:
            goes_on = reply.status == HTTPStatus.PARTIAL_CONTENT
            written = _copy(reply, place, there if goes_on else 0)
            promised = reply.headers.get("Content-Length")
        whole = size if size is not None else int(promised) if promised else written
        if written < whole:
            raise ForAWhile(f"{path} ended after {written} of {whole} bytes")
        if written > whole:
            place.unlink()
            cause = f"{path} has more than the {whole} bytes that {self._settings.server} lists"
            raise Exit(Code.MODEL, cause, "it changed meanwhile: log the model again, as a new version")

    def _path(self, path: str) -> str:
        return f"{self._settings.path}/{path}" if path else self._settings.path

    @contextmanager
    def _asked(self, rest: str, headers: dict[str, str] | None = None) -> Iterator[http.client.HTTPResponse]:
        request = urllib.request.Request(  # noqa: S310 - http or https: settings has seen to it
            self._settings.artifacts + rest, headers={**self._settings.headers, **(headers or {})}
        )
        try:
            reply = self._opener.open(request, timeout=self._settings.timeout)
        except urllib.error.HTTPError as error:
            with error:
                raise self._refused(error) from error
        except (http.client.HTTPException, OSError) as error:
            raise self._broken(error) from error
        with closing(reply):
            yield reply

    def _patiently(self, call: Callable[[], T]) -> T:
        for attempt in range(int(self._settings.retries) + 1):
            try:
                return call()
            except ForAWhile as error:
                last = error
            if attempt < self._settings.retries:
                time.sleep(min(max(self._settings.backoff * 2**attempt, last.pause), _LONGEST_PAUSE))
        raise Exit(
            Code.UNREACHABLE,
            f"{self._settings.server} does not hand out the artifacts: {last}",
            "does it run, and may pods of this namespace reach it? Its log says more",
        ) from last

    def _broken(self, error: OSError | http.client.HTTPException) -> Exception:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        if isinstance(reason, ssl.SSLCertVerificationError):
            cause = f"the certificate of {self._settings.server} is not trusted: {reason.verify_message}"
            return Exit(
                Code.SETTINGS, cause, "mount its authority's, and set MLFLOW_TRACKING_SERVER_CERT_PATH"
            )
        return ForAWhile(str(reason) or type(reason).__name__)

    def _refused(self, error: urllib.error.HTTPError) -> Exception:
        server, said = self._settings.server, _words(error)
        match error.code:
            case status if status in _FOR_A_WHILE:
                pause = str(error.headers.get("Retry-After", ""))
                return ForAWhile(f"{status} {said}", float(pause) if pause.isdecimal() else 0.0)
            case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
                who = "set MLFLOW_TRACKING_USERNAME and _PASSWORD, or MLFLOW_TRACKING_TOKEN, in the Secret"
                return Exit(Code.SETTINGS, f"{server} does not let us in ({error.code}): {said}", who)
            case HTTPStatus.NOT_FOUND:
                cause = f"{server} has no {self._settings.path} ({said})"
                return Exit(Code.MODEL, cause, "was the model deleted? Is it the right server?")
            case _:
                cause = f"{server} answers {error.code}: {said}"
                hint = "is it an MLflow server that serves artifacts (--serve-artifacts)?"
                return Exit(Code.SETTINGS, cause, hint)


def _copy(reply: http.client.HTTPResponse, place: Path, start: int) -> int:
    """Write what comes, from there on; how long the file is then."""
    with place.open("r+b" if place.exists() else "wb") as file:
        file.truncate(start)
        file.seek(start)
        while chunk := _received(reply, _CHUNK):
            file.write(chunk)
        return file.tell()


def _received(reply: http.client.HTTPResponse, most: int | None = None) -> bytes:
    try:
        return reply.read(most)
    except (http.client.HTTPException, OSError) as error:
        raise ForAWhile(f"it broke off: {error or type(error).__name__}") from error


def _words(error: urllib.error.HTTPError) -> str:
    """What a refusal says, on one line; a page of HTML says nothing."""
    text = " ".join(error.read(_CHUNK).decode(errors="replace").split())
    return error.reason if text.startswith("<") or not text else text[:_QUOTED]
