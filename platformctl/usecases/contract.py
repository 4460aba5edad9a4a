"""Hold a new version to what callers of the serving one send and get, before anything is changed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from shlex import quote

from platformctl.domain.errors import NotFound, Refused, SpecError
from platformctl.domain.observed import Finding, Severity
from platformctl.domain.revision import Revision
from platformctl.domain.rollout import Rollout
from platformctl.domain.signatures import BadSignature, Signature, parse
from platformctl.plan import contracts
from platformctl.plan.contracts import OPTION, Comparison, Face, faces
from platformctl.rollout import Deploy, Event
from platformctl.usecases.world import World


@dataclass(frozen=True)
class Held:
    """What came of it.

    Args:
        event: What happens to the deployment, with a remark on what was let through.
        findings: What has changed for callers: an error each where it breaks them and was not let through.
    """

    event: Event | None
    findings: tuple[Finding, ...] = ()


def hold(world: World, rollout: Rollout, event: Event | None, allowed: Sequence[str]) -> Held:
    """Compare the revision that is to be deployed with the one that serves. Changes nothing.

    A revision that is on its way already was let in before.

    Args:
        world: Its registry is asked for both signatures.
        rollout: How it is.
        event: What is to happen; only what brings a new revision beside one that serves is looked at.
        allowed: The fields in which callers may be broken.

    Raises:
        SpecError: A field that is allowed is in neither version.
        Unreachable: The registry does not answer.
    """
    stable, candidate = rollout.stable, rollout.candidate
    if not isinstance(event, Deploy) or stable is None:
        return Held(event)
    if candidate is not None and candidate.revision.id == event.revision.id:
        return Held(event)
    compared = _compared(world, stable, event.revision)
    contracts.check_allowed(allowed, compared)
    through = dict.fromkeys(change.field for change in compared.breaking if change.field in allowed)
    if through:
        event = replace(event, remark=f"breaking changes allowed: {', '.join(through)}")
    return Held(event, tuple(_findings(compared, allowed)))


def settle(world: World, held: Held) -> None:
    """Say what has changed for callers, and stop where it breaks them.

    Raises:
        Refused: It does; the message has each field, and the hint what lets it through.
    """
    for finding in held.findings:
        text = f"{finding.field}: {finding.message}" if finding.field else finding.message
        if finding.severity is Severity.WARNING:
            world.warn(text, finding.hint)
        elif finding.severity is Severity.INFO:
            world.say(text)
    broken = [finding for finding in held.findings if finding.severity is Severity.ERROR]
    if not broken:
        return
    options = dict.fromkeys(f"{OPTION} {quote(finding.field)}" for finding in broken)
    raise Refused(
        "\n".join(
            [
                "callers of what serves would be broken; nothing was changed",
                *(f"  {found.field}: {found.message}" for found in broken),
            ]
        ),
        hint=f"deploy it under another name; or, where no caller minds: {' '.join(options)}",
    )


def _findings(compared: Comparison, allowed: Sequence[str]) -> Sequence[Finding]:
    found = [Finding(Severity.INFO, text) for text in compared.skipped]
    for change in compared.changes:
        if not change.breaks:
            found.append(Finding(Severity.INFO, change.text, change.field))
        elif change.field in allowed:
            found.append(Finding(Severity.WARNING, f"{change.text} (allowed)", change.field))
        else:
            hint = f"{OPTION} {quote(change.field)} lets it through"
            found.append(Finding(Severity.ERROR, change.text, change.field, hint))
    return found


def _compared(world: World, stable: Revision, revision: Revision) -> Comparison:
    if _seen(stable) == _seen(revision):
        return Comparison()
    for each in (revision, stable):
        why = faces.hidden(each)
        if why is not None:
            return _nothing(why)
    try:
        was, now = _signature(world, stable), _signature(world, revision)
    except BadSignature as error:
        return _nothing(str(error))
    if was is None and now is None:
        return _nothing(
            f"neither {stable.model.label} nor {revision.model.label} has a signature that can be read"
        )
    old, new = _face(world, stable, was), _face(world, revision, now)
    if old is None or new is None:
        unsigned = stable if old is None else revision
        return _nothing(f"{unsigned.model.label} has neither a signature nor an input example")
    return contracts.compare(old, new)


def _nothing(why: str) -> Comparison:
    return Comparison(skipped=(f"what callers send and get was not compared: {why}",))


def _seen(revision: Revision) -> tuple[object, ...]:
    """All that decides what callers see of it."""
    model = revision.model
    return model.uri, model.version, model.content, revision.predictor, revision.transformer


def _signature(world: World, revision: Revision) -> Signature | None:
    """None: it has none, or its files are gone.

    Raises:
        BadSignature: It cannot be read.
    """
    try:
        text = world.registry.signature(revision.model)
        return None if text is None else parse(text)
    except NotFound:
        return None
    except BadSignature as error:
        raise BadSignature(f"the signature of {revision.model.label} cannot be read: {error}") from error


def _face(world: World, revision: Revision, signature: Signature | None) -> Face | None:
    if signature is not None:
        return faces.by_signature(revision, signature)
    example = revision.model.info.example
    if example is None or revision.model.version is None:  # a folder may hold another model's by now
        return None
    try:
        return faces.by_example(revision, world.registry.read(revision.model, example))
    except (NotFound, SpecError):
        return None
