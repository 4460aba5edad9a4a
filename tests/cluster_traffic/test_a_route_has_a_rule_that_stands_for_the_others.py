from typing import Any

import pytest

from platformctl.render import served

pytestmark = pytest.mark.quick

_SPLIT: dict[str, Any] = {"backendRefs": [{"name": "a", "weight": 90}, {"name": "b", "weight": 10}]}
_PINNED: dict[str, Any] = {"matches": [{"headers": []}], "backendRefs": [{"name": "a"}]}


def _host(*rules: dict[str, Any]) -> str | None:
    return served.host({"spec": {"rules": [served.rule(rules), *rules]}})


def test_the_same_rules_have_the_same() -> None:
    assert _host(_SPLIT, _PINNED) == _host(dict(_SPLIT), dict(reversed(_PINNED.items())))


def test_other_weights_and_other_rules_have_another() -> None:
    other = {"backendRefs": [{"name": "a", "weight": 80}, {"name": "b", "weight": 20}]}
    assert len({_host(_SPLIT), _host(other), _host(_SPLIT, _PINNED), _host(_PINNED, _SPLIT), _host()}) == 5


def test_a_route_without_it_says_so() -> None:
    elsewhere = {"filters": [{"type": "RequestRedirect", "requestRedirect": {"hostname": "example.com"}}]}
    assert served.host({"spec": {"rules": [_SPLIT, elsewhere]}}) is None
    assert served.host({"spec": {}}) is None


def test_it_sends_nobody_anywhere_that_exists() -> None:
    host = str(_host(_SPLIT))
    assert host.endswith(".invalid")
    assert len(host) <= 253
