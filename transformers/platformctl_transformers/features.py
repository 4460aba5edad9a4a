"""The transformer that renames, fills, casts and selects columns."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import kserve

from platformctl_transformers.misfit import Misfit
from platformctl_transformers.plan import Expected, Plan
from platformctl_transformers.rows import BadRow, Rows, to_row
from platformctl_transformers.tensors import DATATYPES, to_tensors


class FeatureTransformer(kserve.Model):
    """Turns what callers send into what the predictor takes.

    Args:
        name: The model's name in every URL.
        plan: What becomes of which column.
    """

    def __init__(self, name: str, plan: Plan) -> None:
        super().__init__(name)
        self._plan = plan
        self._row = to_row(plan)
        self._tensors = to_tensors(plan)
        self.ready = True

    @property
    def expected(self) -> tuple[Expected, ...] | None:
        """What callers have to send; None: whatever the predictor takes, it does not say."""
        if self._plan.sources is None:
            return None
        return tuple(
            Expected(source.caller, source.type, source.required)
            for source in self._plan.sources
            if source.caller is not None
        )

    def preprocess(
        self,
        payload: Any,  # kserve's signature
        headers: Mapping[str, str] | None = None,  # noqa: ARG002 kserve's signature
    ) -> Any:  # as above
        """The request as the predictor takes it: V1 a dict, V2 an InferRequest.

        Raises:
            Misfit: It lacks a column, or a value cannot be cast; it names the caller's column.
        """
        try:
            return self._v1(payload) if isinstance(payload, dict) else self._v2(payload)
        except BadRow as error:
            raise Misfit(str(error), error.kind) from error

    def in_order(self, names: Sequence[str]) -> Callable[[Any], Any]:
        """`preprocess` for V1, quicker: rows are lists in the order of `names` where that is possible.

        Args:
            names: All columns of the predictor.
        """
        rows = self._row
        if not isinstance(rows, Rows) or rows.names != tuple(names):
            return self.preprocess

        def prepare(body: Any) -> Any:
            given = body.get("instances") if type(body) is dict else None
            if type(given) is not list:
                return self.preprocess(body)
            try:
                made = rows.lists(given)
            except BadRow as error:
                raise Misfit(str(error), error.kind) from error
            if made is None:
                return self.preprocess(body)
            return {**body, "instances": made} if len(body) > 1 else {"instances": made}

        return prepare

    def get_input_types(self) -> list[dict[str, Any]]:
        """What callers have to send, as V2's model metadata has it."""
        return [
            {"name": column.name, "datatype": DATATYPES.get(column.type, "BYTES"), "shape": [-1]}
            for column in self.expected or ()
        ]

    def _v1(self, body: dict[str, Any]) -> dict[str, Any]:
        rows = body.get("instances")
        if not isinstance(rows, list):
            raise BadRow('the body must be a JSON object with a list of rows: {"instances": [...]}', "body")
        row = self._row
        return {**body, "instances": [row(each, number) for number, each in enumerate(rows)]}

    def _v2(self, request: Any) -> Any:  # an InferRequest
        if not isinstance(request, kserve.InferRequest):
            raise BadRow('the body must be a JSON object: {"instances": [...]}', "body")
        made = kserve.InferRequest(
            request.model_name,
            self._tensors(request.inputs),
            request_id=request.id,
            from_grpc=request.from_grpc,
            parameters=request.parameters,
            request_outputs=request.request_outputs,
            model_version=request.model_version,
        )
        # kserve answers with raw tensors those who sent some, and keeps that only here.
        made._use_raw_outputs = request._use_raw_outputs  # noqa: SLF001
        return made
