"""The endpoints of MLflow's REST API that resolving needs."""

from collections.abc import Iterator, Mapping, Sequence

from platformctl.adapters.registry.rest import answers
from platformctl.adapters.registry.rest.answers import BadValue, Reply
from platformctl.adapters.registry.rest.transport import Request, Transport
from platformctl.adapters.registry.source import LOGGED_MODEL_GONE, Details, Missing, Registered
from platformctl.domain.errors import Unreachable

_API = "/api/2.0/mlflow"
_PAGE = 100
_NAMES = 1000


class RestSource:
    """An MLflow server, for one operation: all its requests share one deadline."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._until = transport.deadline()

    def by_alias(self, model: str, alias: str) -> Registered:
        """Read where an alias points. A missing alias is a 400, not a 404."""
        request = Request(f"{_API}/registered-models/alias", {"name": model, "alias": alias})
        try:
            return self._registered(self._get(request).get("model_version"))
        except BadValue as error:
            if alias in self.aliases(model):
                raise
            raise Missing(error.message) from error

    def by_version(self, model: str, version: str) -> Registered:
        """Read one version."""
        request = Request(f"{_API}/model-versions/get", {"name": model, "version": version})
        return self._registered(self._get(request).get("model_version"))

    def newest_first(self, model: str) -> Iterator[Registered]:
        """Page through all versions."""
        query: dict[str, str | int] = {
            "filter": f"name = {_quoted(model)}",
            "order_by": "version_number DESC",
            "max_results": _PAGE,
        }
        token = ""
        while True:
            page = self._get(Request(f"{_API}/model-versions/search", {**query, "page_token": token}))
            yield from (self._registered(item) for item in _items(page, "model_versions"))
            token = _text(page.get("next_page_token"))
            if not token:
                return

    def details(self, registered: Registered) -> Details:
        """Ask for download URI, MLmodel and logged model, all at once."""
        which = {"name": registered.model, "version": registered.version}
        requests = [
            Request(f"{_API}/model-versions/get-download-uri", which),
            Request("/model-versions/get-artifact", {**which, "path": "MLmodel"}),
        ]
        if registered.model_id:
            requests.append(Request(f"{_API}/logged-models/{registered.model_id}"))
        where, mlmodel, *logged = self._transport.send(*requests, until=self._until)
        server = self._transport.server
        return Details(
            uri=_text(answers.document(where, server).get("artifact_uri")),
            mlmodel=self._if_there(mlmodel),
            logged=self._logged(logged[0]) if logged else None,
        )

    def logged_status(self, model_id: str) -> str:
        """Read the status of a logged model."""
        [reply] = self._transport.send(Request(f"{_API}/logged-models/{model_id}"), until=self._until)
        return self._logged(reply)

    def aliases(self, model: str) -> Mapping[str, str]:
        """Read a registered model's aliases."""
        found = self._get(Request(f"{_API}/registered-models/get", {"name": model}))
        pairs = _items(_mapping(found.get("registered_model")), "aliases")
        return {_text(pair.get("alias")): _text(pair.get("version")) for pair in pairs}

    def names(self) -> Sequence[str]:
        """Read the names of registered models."""
        found = self._get(Request(f"{_API}/registered-models/search", {"max_results": _NAMES}))
        return [_text(item.get("name")) for item in _items(found, "registered_models")]

    def move(self, model: str, alias: str, version: str) -> None:
        """Point an alias at a version."""
        target = {"name": model, "alias": alias, "version": version}
        self._get(Request(f"{_API}/registered-models/alias", body=target))

    def file(self, registered: Mapping[str, str], path: str) -> bytes | None:
        """Read one file of a version; None if it is not there."""
        request = Request("/model-versions/get-artifact", {**registered, "path": path})
        [reply] = self._transport.send(request, until=self._until)
        return self._if_there(reply)

    def _get(self, request: Request) -> dict[str, object]:
        [reply] = self._transport.send(request, until=self._until)
        return answers.document(reply, self._transport.server)

    def _if_there(self, reply: Reply) -> bytes | None:
        try:
            return answers.body(reply, self._transport.server)
        except Missing:
            return None

    def _logged(self, reply: Reply) -> str:
        try:
            found = answers.document(reply, self._transport.server)
        except Missing:
            return LOGGED_MODEL_GONE
        info = _mapping(_mapping(found.get("model")).get("info"))
        return _text(info.get("status"))

    def _registered(self, item: object) -> Registered:
        found = _mapping(item)
        if not found.get("name") or not found.get("version"):
            raise Unreachable(
                f"{self._transport.server.uri} answers with a model version that has no name or number",
                hint="is it an MLflow server? Look at what answers there",
            )
        return Registered(
            model=_text(found["name"]),
            version=_text(found["version"]),
            status=_text(found.get("status")),
            message=_text(found.get("status_message")),
            source=_text(found.get("source")),
        )


def _quoted(text: str) -> str:
    """A literal of MLflow's filter language, which knows no escapes."""
    return f'"{text}"' if "'" in text else f"'{text}'"


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _items(page: Mapping[str, object], key: str) -> Sequence[Mapping[str, object]]:
    """A list that protobuf's JSON leaves out when it is empty."""
    found = page.get(key)
    return [_mapping(item) for item in found] if isinstance(found, list) else []


def _text(value: object) -> str:
    return "" if value is None else str(value)
