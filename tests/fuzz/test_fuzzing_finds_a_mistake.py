import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fuzz.figures import Figures, leaks
from tests.fuzz.messages import INFER, Message
from tests.fuzz.running import fuzz
from tests.fuzz.subjects import BROKEN, Subject, make_models, running
from tests.fuzz.verdicts import symptom
from tests.fuzz.wire import Answer, Http
from tests.serving.process import REVISION

pytestmark = pytest.mark.full


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Subject]:
    models = tmp_path_factory.mktemp("fuzzed")
    make_models(models)
    with running("broken", BROKEN, models) as subject:
        yield subject


def test_a_model_that_divides_by_an_age_is_found_out(broken: Subject, tmp_path: Path) -> None:
    report = fuzz([broken], 5, 1)
    found = [f for f in report.failures if (f.attack, f.symptom) == ("v1 valid", "status 500")]
    assert len(found) == 1, [(f.attack, f.symptom, f.what) for f in report.failures]
    (failure,) = found
    assert b"ZeroDivisionError" in failure.answer.body
    written = json.loads(report.write(tmp_path)[0].read_text())
    assert (written["seed"], written["subject"]) == (1, "broken")
    raw = failure.document()["sent_base64"]
    assert base64.b64decode(raw).endswith(b'{"instances":[{"age":0}]}')  # as small as it gets


POST = Http(b"POST / HTTP/1.1\r\n\r\n")
CALL = Message(INFER, b"", ())
FINE = Answer(200, REVISION, b"{}")


@pytest.mark.parametrize(
    ("what", "answer", "wrong"),
    [
        (POST, FINE, None),
        (POST, Answer(400, REVISION, b'{"error": "x"}'), None),
        (POST, Answer(501, REVISION, b'{"error": "x"}'), None),
        (POST, Answer(500, REVISION, b'{"error": "x"}'), "status 500"),
        (POST, Answer(503, REVISION, b'{"error": "x"}'), "status 503"),
        (POST, Answer(400, REVISION, b"{}"), "a refusal that says nothing"),
        (POST, Answer(400, REVISION, b"no"), "the body is not JSON"),
        (POST, Answer(200, None, b"{}"), "no revision"),
        (POST, Answer("hang", None, b""), "hang"),
        (POST, Answer("closed", None, b""), "closed"),
        (Http(b"", whole=False), Answer("closed", None, b""), None),
        (Http(b"", whole=False), Answer("hang", None, b""), "hang"),
        (Http(b"", fits=True), Answer(400, REVISION, b'{"error": "x"}'), "status 400 for what the document"),
        (CALL, Answer("OK", REVISION, b""), None),
        (CALL, Answer("INVALID_ARGUMENT", REVISION, b""), None),
        (CALL, Answer("INVALID_ARGUMENT", None, b""), "no revision over gRPC"),
        (CALL, Answer("INTERNAL", REVISION, b""), "gRPC INTERNAL"),
        (CALL, Answer("hang", REVISION, b""), "gRPC hang"),
    ],
)
def test_what_is_wrong_with_an_answer(what: Http | Message, answer: Answer, wrong: str | None) -> None:
    found = symptom(what, answer)
    assert found is None if wrong is None else found is not None and found.startswith(wrong)


def test_what_is_held_for_ever_is_a_leak() -> None:
    before = Figures(200.0, 20, 10, 0)
    assert leaks(before, Figures(210.0, 20, 12, 0)) == []
    assert len(leaks(before, Figures(280.0, 21, 30, 1))) == 4
