"""Two platformctl at once on one deployment, as two processes: one wins, the other says to whom it lost."""

import os
import subprocess
import sys

import pytest

from platformctl.usecases.world import LEASE_TTL
from tests.local.world import until
from tests.together.product import Product

pytestmark = pytest.mark.quick


def _rollback(product: Product) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "PLATFORMCTL_HOME": str(product.local.home.root)}
    command = [sys.executable, "-m", "platformctl", "rollback", product.name]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)


def test_who_has_waited_long_enough_ends_with_5_and_names_who_is_at_work(product: Product) -> None:
    product.deploy(1)
    product.deploy(2, canary=10)
    lease = product.world.lease
    grant = lease.acquire(product.name, "somebody else", LEASE_TTL)
    try:
        waited = _rollback(product)
    finally:
        lease.release(grant)
    assert waited.returncode == 5, waited.stderr
    assert f"waiting: {product.name} is being changed by somebody else" in waited.stderr
    assert f"error: {product.name} is being changed by somebody else (process {os.getpid()}" in waited.stderr
    assert product.shares == {product.revision(1): 90, product.revision(2): 10}


def test_who_waits_has_its_turn_when_the_other_one_is_done(product: Product) -> None:
    product.deploy(1)
    environment = {**os.environ, "PLATFORMCTL_HOME": str(product.local.home.root)}
    spec = product.local.folder / f"{product.name}.yaml"
    folder = product.local.revision(product.name, 2).model.uri
    spec.write_text(f"metadata: {{name: {product.name}}}\nspec: {{model: {{path: {folder}}}}}\n")
    command = [sys.executable, "-m", "platformctl", "deploy", "-f", str(spec), "--canary", "10"]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as first:
        until(lambda: product.world.lease.holder(product.name) is not None, what="the first one at work")
        second = _rollback(product)
        said, _ = first.communicate(timeout=60)
    assert (first.returncode, second.returncode) == (0, 0), said + second.stderr
    assert f"is being changed by platformctl deploy -f {spec} --canary 10" in second.stderr
    assert f"(process {first.pid}, since " in second.stderr
    assert product.shares == {product.revision(1): 100}
