"""With its namespace, a revision's name may be too long for a host: KServe then makes nothing of it."""

from typing import Any

import pytest

from platformctl.adapters.cluster.checking import hosts
from platformctl.adapters.cluster.checking.discovery import Absent, Live
from platformctl.domain.features import Features
from platformctl.domain.names import Name
from platformctl.domain.observed import Severity
from platformctl.domain.revision import ModelVersion, Revision

pytestmark = pytest.mark.quick

MODEL = ModelVersion(model="churn", version="4", uri="s3://models/churn")


def revision(length: int, **others: Any) -> Revision:
    """A revision whose name is ten characters longer than its deployment's."""
    made = Revision(deployment=Name("a" * length), model=MODEL, **others)
    assert len(made.id) == length + 10
    return made


def live(**ingress: str) -> Live:
    return Live(kubernetes="v1.35.4", groups=frozenset(), config={"ingress": ingress})


def test_a_part_of_a_host_with_63_characters_is_one() -> None:
    assert hosts.asked(live(), "n" * 20, revision(22)) == []
    (check,) = hosts.asked(live(), "n" * 20, revision(23))
    assert (check.severity, check.field) == (Severity.ERROR, "metadata.name")
    assert f"{revision(23).id}-predictor-{'n' * 20} a part of a host, which has 64 characters" in check.text
    assert "a name of at most 22 characters" in check.hint


def test_the_longer_component_counts() -> None:
    separate: dict[str, Any] = {"transformer": Features(), "placement": "separate"}
    assert hosts.asked(live(), "n" * 20, revision(20, **separate)) == []
    (check,) = hosts.asked(live(), "n" * 20, revision(21, **separate))
    assert "-transformer-" in check.text


def test_where_no_name_is_short_enough_it_is_the_namespace() -> None:
    (check,) = hosts.asked(live(), "n" * 60, revision(5))
    assert check.hint.startswith("use another namespace;")


@pytest.mark.parametrize(
    "template",
    [
        "{{ .Name }}.{{ .Namespace }}.{{ .IngressDomain }}",
        "{{.Name}}.{{- .Namespace -}}.svc",
        "{{ .Name }}.x",
    ],
)
def test_a_template_with_dots_has_room(template: str) -> None:
    assert hosts.asked(live(domainTemplate=template), "n" * 60, revision(30)) == []


def test_a_template_that_computes_is_left_to_kserve() -> None:
    template = '{{ .Name }}-{{ index .Labels "team" }}.{{ .IngressDomain }}'
    assert hosts.asked(live(domainTemplate=template), "n" * 60, revision(37)) == []


def test_what_may_not_be_looked_at_is_taken_for_the_default() -> None:
    hidden = Live(kubernetes="v1.35.4", groups=frozenset(), config=Absent.FORBIDDEN)
    assert [check.name for check in hosts.asked(hidden, "n" * 20, revision(23))] == ["host"]
