"""What can be wrong with `spec.rollout`: each with its field, its line and what to write instead."""

import pytest

from platformctl.adapters.spec_files import parse
from platformctl.domain.errors import SpecError
from platformctl.domain.policy import RolloutPolicy

pytestmark = pytest.mark.quick

HEAD = "metadata:\n  name: churn\nspec:\n  # a comment\n"
QUERY = "name: revenue, query: 'sum(x{revision=\"{revision}\"})'"


def _refused(policy: str) -> SpecError:
    with pytest.raises(SpecError) as caught:
        parse(f"{HEAD}  rollout: {policy}\n", "churn.yaml")
    return caught.value


@pytest.mark.parametrize(
    ("policy", "field", "message", "hint"),
    [
        ("{steps: []}", "steps", "there is no step", "write 1, 10, 25, 50, 100, or leave steps out"),
        ("{steps: [10, 5, 100]}", "steps", "steps rise, and 5 comes after 10", "write 5, 10, 100"),
        ("{steps: [10, 10, 100]}", "steps", "steps rise, and 10 comes after 10", "write 10, 100"),
        ("{steps: [10, 50]}", "steps", "the last step is 50, not 100", "write 10, 50, 100"),
        ("{steps: [10, 130]}", "steps[1]", "a step has 1 to 100 percent, not 130", "such as 10"),
        ("{steps: [0, 100]}", "steps[0]", "a step has 1 to 100 percent, not 0", "such as 10"),
        ("{steps: [-5, 100]}", "steps[0]", "a step has 1 to 100 percent, not -5", "such as 10"),
        ("{steps: [true, 100]}", "steps[0]", "true is not a whole number", "write a number such as 3"),
        ("{steps: [10%, 100]}", "steps[0]", "'10%' is not a whole number", "write 10, without quotes"),
        ("{steps: [0.5, 100]}", "steps[0]", "0.5 is not a whole number", "write a number such as 3"),
        ("{steps: [[10], 100]}", "steps[0]", "a list is not a whole number", "such as 3"),
        ("{steps: [~, 100]}", "steps[0]", "nothing is not a whole number", "such as 3"),
        ("{steps: 100}", "steps", "must be a list, not 100", None),
        ("{steps: [{weight: 130}]}", "steps[0].weight", "1 to 100 percent, not 130", "such as 10"),
        ("{steps: [{hold: 5m}, 100]}", "steps[0].weight", "is missing", None),
        (
            "{steps: [{weight: 5, setWeight: 5}, 100]}",
            "steps[0].setWeight",
            "no such field",
            "write weight in a step",
        ),
        ("{steps: [{weight: 5, pause: 5m}, 100]}", "steps[0].pause", "no such field", "write hold in a"),
        ("{steps: [{weight: 5, minRequest: 5}, 100]}", "steps[0].minRequest", "no such", "mean minRequests?"),
        ("{steps: [{weight: 5, hold: 60}, 100]}", "steps[0].hold", "60 is a number without a", "write 60s,"),
        ("{steps: [{weight: 5, minRequests: -1}, 100]}", "steps[0].minRequests", "less than 0", "0 or more"),
        ("{steps: [{weight: 5, gate: auto}, 100]}", "steps[0].gate", "'auto' is not manual", "write manual"),
        (
            "{steps: [10, {weight: 100, gate: manual}]}",
            "steps",
            "after the step to 100 there is none that could be approved",
            "put gate: manual on the step before",
        ),
        (
            "{steps: [10, {weight: 100, hold: 1h}]}",
            "steps",
            "after the step to 100 none is waited for",
            "say with bake how long",
        ),
        ("{bake: 10}", "bake", "10 is a number without a unit", "write 10s, 10m or 10h"),
        ("{bake: '10'}", "bake", "'10' is a number without a unit", "write 10s, 10m or 10h"),
        ("{bake: -10m}", "bake", "'-10m' is less than no time", "write 30s, 5m, 2h or 1d"),
        ("{bake: -10}", "bake", "-10 is less than no time", "write 30s, 5m, 2h or 1d"),
        ("{bake: 10 min}", "bake", "'10 min' is not a duration", "write 10m"),
        ("{bake: 2 Hours}", "bake", "'2 Hours' is not a duration", "write 2h"),
        ("{bake: 2 months}", "bake", "'2 months' is not a duration", "write 30s, 5m, 2h or 1d"),
        ("{bake: true}", "bake", "true is not a duration", "write 30s, 5m, 2h or 1d"),
        ("{bake: }", "bake", "nothing is not a duration", "write 30s, 5m, 2h or 1d"),
        ("{bake: 400d}", "bake", "'400d' is more than a year", "write 24h, or 7d"),
        (f"{{bake: {'999999999d' * 20}}}", "bake", "is more than a year", "write 24h, or 7d"),
        ("{deadline: 2026-01-01}", "deadline", "'2026-01-01' is a date", "write 30s, 5m, 2h or 1d"),
        ("{deadline: '2026-01-01T10:00:00Z'}", "deadline", "is a date", "write 30s, 5m, 2h or 1d"),
        (
            "{steps: [{weight: 10, hold: 2h}, 100], deadline: 90m}",
            "deadline",
            "'90m' has passed before the last step: the others hold 2 h",
            "write a longer deadline, or shorter holds",
        ),
        (
            "{steps: [{weight: 10, hold: 30h}, 100]}",
            "deadline",
            "'24h' has passed before the last step: the others hold 1 d 6 h",
            "write a longer deadline",
        ),
        ("{deadline: 0s}", "deadline", "'0s' has passed before the last step", "a longer deadline"),
        ("{alpha: 2}", "alpha", "2 is not a chance between 0.0001 and 0.2", "write 0.02"),
        ("{alpha: 0}", "alpha", "0 is not a chance", "write 0.01 for one in a hundred"),
        ("{alpha: 0.5}", "alpha", "0.5 is not a chance", "write 0.01 for one in a hundred"),
        ("{alpha: 1%}", "alpha", "'1%' is not a number", "write 0.01, without quotes or unit"),
        ("{alpha: .nan}", "alpha", "nan is not a number", "such as 0.5"),
        ("{onFail: abort}", "onFail", "'abort' is not rollback or pause", "write rollback or pause"),
        ("{onFail: rolback}", "onFail", "'rolback' is not rollback or pause", "did you mean rollback?"),
        ("{onInconclusive: pass}", "onInconclusive", "'pass' is not hold, promote or", "write hold, prom"),
        ("{onInconclusve: hold}", "onInconclusve", "no such field", "did you mean onInconclusive?"),
        ("{hold: 5m}", "hold", "no such field", "it belongs to spec.rollout.steps"),
        ("{gates: {error: {}}}", "gates.error", "no such field", "did you mean errors?"),
        ("{gates: {latencys: {}}}", "gates.latencys", "no such field", "did you mean latency?"),
        ("{gates: {4xx: false}}", "gates['4xx']", "no such field", "write clientErrors"),
        (
            "{gates: {cpu: {}}}",
            "gates.cpu",
            "no such field",
            "it belongs to spec.resources or spec.scaling",
        ),
        (
            "{gates: {saturation: {}}}",
            "gates.saturation",
            "no such field",
            "known: clientErrors, errors, latency, queries",
        ),
        ("{gates: {errors: off}}", "gates.errors", "must be a mapping or false, not 'off'", "write false to"),
        ("{gates: {errors: }}", "gates.errors", "must be a mapping or false, not nothing", "write false to"),
        ("{gates: {errors: 0.02}}", "gates.errors", "must be a mapping or false, not 0.02", "write false"),
        ("{gates: {errors: {margin: 1}}}", "gates.errors.margin", "1 is not between 1.1 and", "write 2 for"),
        ("{gates: {errors: {limit: 5}}}", "gates.errors.limit", "5 is not a part between", "write 0.05"),
        ("{gates: {errors: {limit: 0}}}", "gates.errors.limit", "0 is not a part", "write 0.01 for one"),
        ("{gates: {errors: {limit: 5%}}}", "gates.errors.limit", "'5%' is not a number", "write 0.05, "),
        ("{gates: {errors: {unit: windows}}}", "gates.errors.unit", "is not request or window", "window?"),
        (
            "{gates: {errors: {threshold: 5s}}}",
            "gates.errors.threshold",
            "no such",
            "spec.rollout.gates.late",
        ),
        ("{gates: {latency: {threshold: 250}}}", "gates.latency.threshold", "without a unit", "write 250ms"),
        ("{gates: {latency: {threshold: 0}}}", "gates.latency.threshold", "without a unit", "write 250ms"),
        ("{gates: {latency: {threshold: 0ms}}}", "gates.latency.threshold", "no time at all", "write 250ms"),
        ("{gates: {queries: {}}}", "gates.queries", "must be a list, not a mapping", None),
        (f"{{gates: {{queries: [{{{QUERY}}}]}}}}", "gates.queries[0]", "has no range", "write min, max"),
        (
            f"{{gates: {{queries: [{{{QUERY}, min: 2, max: 1}}]}}}}",
            "gates.queries[0]",
            "min (2) is more than max (1)",
            "change one of them",
        ),
        (
            "{gates: {queries: [{name: revenue, query: up, of: ratio, min: 1}]}}",
            "gates.queries[0]",
            "of: ratio asks the same query for two revisions, and it names none",
            "write {revision} in the query",
        ),
        (
            f"{{gates: {{queries: [{{{QUERY}, min: 1}}, {{{QUERY}, max: 1}}]}}}}",
            "gates.queries",
            "two gates are called revenue",
            "give each a name of its own",
        ),
        (
            "{gates: {queries: [{name: errors, query: up, min: 1}]}}",
            "gates.queries",
            "two gates are called errors",
            "give each a name of its own",
        ),
        (
            "{gates: {queries: [{name: Net Revenue, query: up, min: 1}]}}",
            "gates.queries[0].name",
            "'Net Revenue' is not a name",
            "use 'net-revenue'",
        ),
        (
            "{gates: {queries: [{name: '%', query: up, min: 1}]}}",
            "gates.queries[0].name",
            "'%' is not a name",
            "use a name such as revenue",
        ),
        (f"{{gates: {{queries: [{{{QUERY}, max: .inf}}]}}}}", "gates.queries[0].max", "not a number", "0.5"),
        (f"{{gates: {{queries: [{{{QUERY}, max: true}}]}}}}", "gates.queries[0].max", "not a number", "0.5"),
        (
            "{gates: {queries: [{name: a, query: ' ', max: 1}]}}",
            "gates.queries[0].query",
            "is empty",
            "write a query of PromQL that gives one number",
        ),
        (
            "{gates: {queries: [{name: a, query: up, max: 1, address: prometheus}]}}",
            "gates.queries[0].address",
            "'prometheus' is not a URL",
            "such as http://",
        ),
        ("[10, 100]", "", "must be a mapping, not a list", "fields: steps, gates, alpha, onFail"),
        ("true", "", "must be a mapping, not true", "fields: steps, gates, alpha, onFail"),
    ],
)
def test_a_field(policy: str, field: str, message: str, hint: str | None) -> None:
    error = _refused(policy)
    assert error.field == (f"spec.rollout.{field}" if field else "spec.rollout")
    assert message in error.message
    assert error.message.endswith("(churn.yaml, line 5)")
    assert error.hint is None if hint is None else hint in str(error.hint)


def test_there_are_at_most_so_many_queries() -> None:
    queries = ", ".join(f"{{name: a{number}, query: up, min: 1}}" for number in range(21))
    error = _refused(f"{{gates: {{queries: [{queries}]}}}}")
    assert "there are 21 queries" in error.message
    assert error.hint == "write at most 20"


def test_a_canary_that_waits_for_a_person_and_a_rollout_that_does_not_are_two_things() -> None:
    error = _refused("{}\n  canary: 10")
    assert error.field == "spec"
    assert "has canary, which waits for a person, and rollout, which does not" in error.message
    assert error.hint == "leave canary out; steps: [10, 100] begins as it would"


def test_what_argo_rollouts_has_is_said_in_its_place() -> None:
    with pytest.raises(SpecError) as caught:
        parse(f"{HEAD}  strategy: {{canary: {{}}}}\n", "churn.yaml")
    assert (caught.value.field, caught.value.hint) == ("spec.strategy", "write spec.rollout")


def test_a_gate_that_is_off_stays_off_when_it_is_written_and_read() -> None:
    policy = RolloutPolicy.model_validate({"gates": {"latency": False, "errors": True}})
    assert [str(kind) for kind, _ in policy.rates()] == ["errors", "4xx"]
    assert RolloutPolicy.model_validate_json(policy.model_dump_json()) == policy
    assert policy.model_dump(exclude_defaults=True) == {"gates": {"latency": False}}
