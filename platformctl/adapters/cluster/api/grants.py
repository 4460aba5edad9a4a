"""The commands that would allow what was refused, for whoever may give rights away. Pure."""

import re

from platformctl.adapters.cluster.api.kinds import Kind


def resource(kind: Kind) -> str:
    """A kind, as rules of RBAC have it."""
    return f"{kind.plural}.{kind.group}" if kind.group else kind.plural


def commands(verb: str, kind: Kind, namespace: str, user: str) -> str:
    """What makes a role of one rule and gives it to a user; `namespace` "": in the whole cluster."""
    account = re.fullmatch(r"system:serviceaccount:([^:]+):(.+)", user)
    subject = f"--serviceaccount={account[1]}:{account[2]}" if account else f"--user={user!r}"
    rule = f"--verb={verb} --resource={resource(kind)}"
    name = f"platformctl-{verb}-{kind.plural}"
    if namespace:
        there = f"-n {namespace}"
        return (
            f"kubectl create role {name} {rule} {there} && "
            f"kubectl create rolebinding {name} --role={name} {subject} {there}"
        )
    return (
        f"kubectl create clusterrole {name} {rule} && "
        f"kubectl create clusterrolebinding {name} --clusterrole={name} {subject}"
    )
