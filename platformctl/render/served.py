"""The rule by which a gateway says which rules it serves.

The status of an HTTPRoute says that a gateway has read it, not that its proxies have taken it up. So each
route has a rule that redirects one path to a host which holds a digest of all other rules: who is redirected
there has been served by exactly these. A redirect needs no backend, and every implementation of Gateway API
has it.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from platformctl.domain.manifests import Manifest

PATH = "/-/platformctl/served"
"""What is asked, on the deployment's host."""

_DIGITS = 12
_DOMAIN = "served.platformctl.invalid"


def rule(rules: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The rule that stands for `rules`, all others of a route."""
    canonical = json.dumps(list(rules), sort_keys=True, separators=(",", ":"))
    host = f"{hashlib.sha256(canonical.encode()).hexdigest()[:_DIGITS]}.{_DOMAIN}"
    redirect = {"type": "RequestRedirect", "requestRedirect": {"hostname": host, "statusCode": 302}}
    return {"matches": [{"path": {"type": "Exact", "value": PATH}}], "filters": [redirect]}


def host(route: Manifest) -> str | None:
    """The host that a gateway redirects to once it serves `route`; None: it has no such rule."""
    redirects = (
        filter_.get("requestRedirect", {}).get("hostname", "")
        for one in route["spec"].get("rules", ())
        for filter_ in one.get("filters", ())
    )
    return next((found for found in redirects if found.endswith(f".{_DOMAIN}")), None)
