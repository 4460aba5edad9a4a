import subprocess
import sys
from pathlib import Path

import pytest

from tests.cluster_target.kubeconfigs import one, written

pytestmark = pytest.mark.quick

_PROGRAM = """
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Event

from platformctl.adapters.cluster.api.client import open_api
from platformctl.adapters.cluster.api.kubeconfig import Access

in_the_middle, overtaken = Event(), Event()

class Finder:  # knows no module: it sees which are looked for, in which order
    def find_spec(self, module, path, target=None):
        if module == "kubernetes.config":
            in_the_middle.set()
            overtaken.wait(1)
        if module == "kubernetes.client.api_client":
            overtaken.set()

sys.meta_path.insert(0, Finder())

def opened(is_first):
    api = open_api(Access(sys.argv[1]), environ={})
    is_first or in_the_middle.wait()
    return type(api.transport.client).__name__

with ThreadPoolExecutor(2) as pool:
    print(*pool.map(opened, [True, False]))
"""


def test_the_package_kubernetes_is_imported_by_one_of_them(tmp_path: Path) -> None:
    """In a process of its own: it must not have been imported before."""
    kubeconfig = written(tmp_path, one("https://127.0.0.1:6443"))
    command = [sys.executable, "-c", _PROGRAM, kubeconfig]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout.split() == ["ApiClient"] * 2, done.stderr
