import os
from pathlib import Path

import pytest

from platformctl.adapters.cluster.api.kubeconfig import IN_CLUSTER, Access, place
from platformctl.domain.errors import SpecError
from tests.cluster_target.kubeconfigs import one, written

pytestmark = pytest.mark.quick


def test_the_current_context_of_the_file_is_meant(tmp_path: Path) -> None:
    found = place(Access(written(tmp_path, one())), {})
    assert (found.context, found.namespace, found.user_name) == ("ours", "ml", "ada")
    assert str(found) == "ours (https://example.invalid:6443)"


def test_what_is_chosen_wins_over_the_variable(tmp_path: Path) -> None:
    chosen, other = written(tmp_path, one("https://chosen")), written(tmp_path, one("https://other"), "other")
    assert place(Access(chosen), {"KUBECONFIG": other}).server == "https://chosen"
    assert place(Access(), {"KUBECONFIG": other}).server == "https://other"


def test_of_several_files_the_first_that_says_something_wins(tmp_path: Path) -> None:
    first = one("https://first")
    del first["current-context"]
    second = {**one("https://second"), "current-context": "theirs"}
    second["contexts"] = [{"name": "theirs", "context": {"cluster": "there"}}]
    files = [written(tmp_path, first, "a"), str(tmp_path / "not-there"), written(tmp_path, second, "b")]
    found = place(Access(os.pathsep.join(files)), {})
    assert (found.context, found.server, found.namespace) == ("theirs", "https://first", "default")
    assert found.user == {}


def test_paths_are_relative_to_the_file_that_has_them(tmp_path: Path) -> None:
    document = one(**{"client-certificate": "ada.crt", "client-key": "/etc/ada.key"})
    document["users"][0]["user"]["exec"] = {"command": "./sign-in"}
    document["clusters"][0]["cluster"]["certificate-authority"] = "ca.crt"
    found = place(Access(written(tmp_path, document)), {})
    assert found.user["client-certificate"] == str(tmp_path / "ada.crt")
    assert found.user["client-key"] == "/etc/ada.key"
    assert found.user["exec"]["command"] == str(tmp_path / "sign-in")
    assert found.cluster["certificate-authority"] == str(tmp_path / "ca.crt")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    missing = str(tmp_path / "nowhere")
    with pytest.raises(SpecError, match="there is no file") as chosen:
        place(Access(missing), {})
    assert (missing in str(chosen.value), chosen.value.field) == (True, "kubeconfig")
    with pytest.raises(SpecError) as variable:
        place(Access(), {"KUBECONFIG": missing})
    assert variable.value.field == "KUBECONFIG"
    assert variable.value.hint


def test_an_unknown_context_names_the_near_one_and_all(tmp_path: Path) -> None:
    with pytest.raises(SpecError) as error:
        place(Access(written(tmp_path, one()), context="outs"), {})
    assert error.value.field == "--kube-context"
    assert error.value.hint == "did you mean ours? contexts: ours"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "is not YAML"),
        ("a text", "is not a kubeconfig"),
        ("", "has no current context"),
        ("current-context: x\ncontexts: 3\n", "has no context 'x'"),
        ("current-context: x\ncontexts: [{name: x, context: {cluster: y}}]\n", "has no cluster 'y'"),
    ],
)
def test_a_file_that_makes_no_sense_says_what_is_wrong(tmp_path: Path, content: str, said: str) -> None:
    file = tmp_path / "config"
    file.write_text(content)
    with pytest.raises(SpecError, match=said):
        place(Access(str(file)), {})


def test_a_cluster_without_a_server_is_none(tmp_path: Path) -> None:
    document = one()
    document["clusters"][0]["cluster"] = {}
    with pytest.raises(SpecError, match="has no server"):
        place(Access(written(tmp_path, document)), {})


def test_in_a_pod_its_service_account_is_meant(tmp_path: Path) -> None:
    environ = {
        "HOME": str(tmp_path),
        "KUBERNETES_SERVICE_HOST": "fd00::1",
        "KUBERNETES_SERVICE_PORT": "443",
        "KUBECONFIG": "",
    }
    pod = tmp_path / "pod"
    pod.mkdir()
    with pytest.raises(SpecError, match=r"has no .*token"):
        place(Access(), environ, pod, home=tmp_path)
    for name, content in {"token": "secret", "ca.crt": "PEM", "namespace": "ml\n"}.items():
        (pod / name).write_text(content)
    found = place(Access(), environ, pod, home=tmp_path)
    assert (found.context, found.server, found.namespace) == (IN_CLUSTER, "https://[fd00::1]:443", "ml")


def test_without_anything_there_is_a_way_out(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="there is no cluster to ask") as error:
        place(Access(), {}, home=tmp_path)
    assert "--target local" in (error.value.hint or "")
