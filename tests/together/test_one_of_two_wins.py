"""Two platformctl at once on one deployment, as two processes: one wins, the other says to whom it lost."""

import os
import subprocess
import sys

import pytest

from tests.local.world import until
from tests.together.product import Product

pytestmark = pytest.mark.quick


def test_the_other_one_ends_with_5_and_names_the_winner(product: Product) -> None:
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
        second = subprocess.run(
            [sys.executable, "-m", "platformctl", "rollback", product.name],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        said, _ = first.communicate(timeout=60)
    assert first.returncode == 0, said
    assert second.returncode == 5, second.stderr
    assert f"{product.name} is being changed by platformctl deploy -f" in second.stderr
    assert f"(process {first.pid}, since " in second.stderr
    assert product.shares == {product.revision(1): 90, product.revision(2): 10}
