import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from platformctl.adapters.cluster.api.credentials import Credentials, ask_plugin
from platformctl.adapters.cluster.api.kubeconfig import Access, Place, place
from platformctl.domain.errors import Unreachable
from tests.cluster_target.kubeconfigs import one, written

pytestmark = pytest.mark.quick

_VERSION = "client.authentication.k8s.io/v1"


def _place(folder: Path, **plugin: Any) -> Place:
    return place(Access(written(folder, one(exec={"apiVersion": _VERSION, **plugin}))), {})


def _python(folder: Path, code: str, **plugin: Any) -> Place:
    """A place whose plugin is a program of Python."""
    return _place(folder, command=sys.executable, args=["-c", code], **plugin)


def _printing(status: object) -> str:
    answer = {"apiVersion": _VERSION, "kind": "ExecCredential", "status": status}
    return f"print({json.dumps(answer)!r})"


def test_a_token_is_taken_with_its_end(tmp_path: Path) -> None:
    there = _python(tmp_path, _printing({"token": "t", "expirationTimestamp": "2026-01-01T12:00:00Z"}))
    found = ask_plugin(there, {})
    assert found == Credentials({"token": "t"}, datetime(2026, 1, 1, 12, tzinfo=UTC))
    assert found.is_good_at(datetime(2026, 1, 1, 11, 58, tzinfo=UTC))
    assert not found.is_good_at(datetime(2026, 1, 1, 11, 59, 30, tzinfo=UTC))


def test_a_certificate_is_taken_with_its_key(tmp_path: Path) -> None:
    status = {"clientCertificateData": "PEM", "clientKeyData": "KEY"}
    found = ask_plugin(_python(tmp_path, _printing(status)), {})
    assert found.user == {"client-certificate-data": "PEM", "client-key-data": "KEY"}
    assert found.is_good_at(datetime.now(UTC) + timedelta(days=1000))


def test_it_is_told_what_the_protocol_says(tmp_path: Path) -> None:
    code = (
        "import os, json; info = json.loads(os.environ['KUBERNETES_EXEC_INFO']);"
        "token = [os.environ['OWN'], info['apiVersion'], info['spec']['interactive'], "
        "info['spec']['cluster']['server']];"
        "print(json.dumps({'status': {'token': json.dumps(token)}}))"
    )
    own = [{"name": "OWN", "value": "1"}]
    there = _python(tmp_path, code, env=own, provideClusterInfo=True)
    told = json.loads(ask_plugin(there, {}).user["token"])
    assert told == ["1", _VERSION, False, there.server]


def test_one_that_is_not_there_says_how_to_install_it(tmp_path: Path) -> None:
    there = _place(tmp_path, command="gke-gcloud-auth-plugin-xyz", installHint="apt install it")
    with pytest.raises(Unreachable, match="cannot be run: No such file") as error:
        ask_plugin(there, {})
    assert (error.value.hint, error.value.field) == ("apt install it", there.origin)
    assert "gke-gcloud-auth-plugin-xyz" in str(error.value)


def test_one_that_fails_is_quoted(tmp_path: Path) -> None:
    code = "import sys; print('token has expired', file=sys.stderr); sys.exit(3)"
    with pytest.raises(Unreachable, match="failed with exit code 3: token has expired") as error:
        ask_plugin(_python(tmp_path, code), {})
    assert "kubectl --context ours" in (error.value.hint or "")


def test_one_that_asks_a_person_gets_no_terminal(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match=r"failed with exit code 1: .*EOFError"):
        ask_plugin(_python(tmp_path, "input('password: ')"), {})
    with pytest.raises(Unreachable, match="failed with exit code 1"):
        ask_plugin(_python(tmp_path, "open('/dev/tty').read()"), {})


def test_one_that_waits_is_ended_and_quoted(tmp_path: Path) -> None:
    code = "import sys, time; print('open https://login', file=sys.stderr, flush=True); time.sleep(600)"
    with pytest.raises(Unreachable, match=r"did not end in 0\.5 s") as error:
        ask_plugin(_python(tmp_path, code), {}, patience=0.5)
    assert "sign in with `kubectl" in (error.value.hint or "")


@pytest.mark.parametrize("said", ["", "not JSON", "[]", '{"status": 3}', '{"status": {"token": ""}}'])
def test_nonsense_is_no_credential(tmp_path: Path, said: str) -> None:
    with pytest.raises(Unreachable, match="answered with"):
        ask_plugin(_python(tmp_path, f"print({said!r})"), {})
