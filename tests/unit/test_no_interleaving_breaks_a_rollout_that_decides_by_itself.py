"""Model-checked: people, two clients with stale knowledge, crashes at any point, looks that say anything."""

from collections.abc import Sequence

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from platformctl.domain.automatic import Evidences
from platformctl.domain.errors import Refused
from platformctl.domain.gates import Outcome, Verdict
from platformctl.domain.policy import RolloutPolicy
from platformctl.domain.revision import Revision
from platformctl.domain.rollout import AliasMove, Cause, Phase, Rollout
from platformctl.domain.route import WHOLE
from platformctl.plan import steps
from platformctl.rollout import (
    Approve,
    Continue,
    Delete,
    Event,
    Failed,
    Looked,
    Pause,
    Promote,
    Respec,
    Resume,
    Rollback,
)
from platformctl.rollout.automatic import Turn, decide
from tests.fakes.values import revision, wanted
from tests.unit.rollout_model import Client, Fate, Scene, attempt

REVISIONS = {version: revision(version) for version in (1, 2, 3, 4)}
PASS, FAIL, UNSURE, ERROR = (Verdict("errors", outcome, f"it is {outcome}") for outcome in Outcome)
POLICIES = {
    name: RolloutPolicy.model_validate(policy)
    for name, policy in {
        "swift": {"steps": [{"weight": 10, "hold": "0s", "minRequests": 0}, 100]},
        "asks": {
            "steps": [{"weight": 5, "gate": "manual"}, {"weight": 50, "gate": "manual"}, 100],
            "onFail": "pause",
            "onInconclusive": "promote",
            "deadline": "2h",
        },
        "strict": {"steps": [10, 25, 100], "onInconclusive": "rollback", "deadline": "1h", "bake": "0s"},
        "at once": {"steps": [100], "deadline": "1h", "onFail": "pause"},
    }.items()
}
TROUBLE = "the router does not answer"
MOVE = AliasMove(model="churn", alias="champion", version="2")

who = st.sampled_from([0, 1])
stale = st.sampled_from([False, False, False, True])
acts = st.sampled_from([9, 9, 9, 0, 1, 2, 3])
"""How many of the things that are due then are done at once."""
minutes = st.sampled_from([0.1, 1.0, 2.0, 10.0, 60.0, 180.0])
verdicts = st.sampled_from([(PASS,), (PASS,), (PASS,), (UNSURE,), (FAIL,), (PASS, UNSURE), (PASS, ERROR)])
asked: st.SearchStrategy[Event] = st.one_of(
    st.just(Pause("ada")),
    st.just(Continue()),
    st.builds(Approve, st.sampled_from([5, 10, 25, 50, 100])),
    st.builds(Rollback, st.none() | st.sampled_from(list(REVISIONS.values()))),
    st.builds(Promote, st.sampled_from([None, MOVE])),
    st.builds(Respec, st.sampled_from([wanted(keep=keep) for keep in (0, 2)])),
    st.just(Resume()),
)


class Interleavings(RuleBasedStateMachine):
    """Two clients, and whatever may happen between any two of the things that they do."""

    def __init__(self) -> None:
        super().__init__()
        self.scene = Scene()
        self.clients: dict[int, Client] = {}

    @initialize(
        keep=st.sampled_from([0, 1]),
        policy=st.sampled_from(list(POLICIES)),
        taken=st.integers(-1, 5),
        is_cut=st.booleans(),
        then=st.sampled_from([None, None, "paused", "blind"]),
    )
    def is_somewhere(self, *, keep: int, policy: str, taken: int, is_cut: bool, then: str | None) -> None:
        """One serves, and the next may have taken some steps, the last of them perhaps not to its end."""
        client = Client(self.scene)
        self._begin(client, 1, keep, None)
        if taken >= 0:
            self._begin(client, 2, keep, policy, is_cut=is_cut and taken == 0)
        for count in range(taken):
            self.scene.pass_time(2)
            _turn(client, PASS, is_cut=is_cut and count + 1 == taken)
        client.look()
        if then == "paused":
            attempt(lambda: client.take(Pause("ada")))
        elif then == "blind" and client.seen.judged is not None:
            blind = Looked(client.seen.judged.id, None, (), trouble=TROUBLE)
            attempt(lambda: client.take(blind))
        self.clients[0] = client
        self.comes_to_an_end()

    @staticmethod
    def _begin(client: Client, version: int, keep: int, policy: str | None, *, is_cut: bool = False) -> None:
        auto = POLICIES[policy] if policy else None
        event = steps.decide(client.seen, wanted(keep=keep), REVISIONS[version], WHOLE, auto)
        assert event is not None
        client.take(event)
        if not is_cut:
            _drive(client)

    @rule(
        who=who,
        stale=stale,
        version=st.sampled_from(list(REVISIONS)),
        share=st.sampled_from([10, 50, 100]),
        policy=st.sampled_from([None, *POLICIES, "swift", "asks"]),
        retry=st.booleans(),
        count=acts,
    )
    def deploy(  # noqa: PLR0913 - what a command says
        self,
        *,
        who: int,
        stale: bool,
        version: int,
        share: int,
        policy: str | None,
        retry: bool,
        count: int,
    ) -> None:
        client, one = self._client(who, stale=stale), REVISIONS[version]
        try:
            if not retry:
                steps.refuse_rejected(client.seen, one.id)
        except Refused:
            return
        auto = POLICIES[policy] if policy and client.seen.stable else None
        event = steps.decide(client.seen, client.seen.wanted or wanted(), one, share, auto)
        if event is not None:
            self._take(who, event, count)

    @rule(who=who, stale=stale, event=asked, count=acts)
    def ask(self, *, who: int, stale: bool, event: Event, count: int) -> None:
        self._client(who, stale=stale)
        self._take(who, event, count)

    @rule(who=who, sure=st.sampled_from([False] * 15 + [True]), count=acts)
    def delete(self, *, who: int, sure: bool, count: int) -> None:
        if sure:
            self._client(who, stale=False)
            self._take(who, Delete(), count)

    @rule(
        who=who,
        stale=stale,
        said=verdicts,
        requests=st.sampled_from([0, 5, 1000, 1000]),
        trouble=st.sampled_from([None, None, None, None, TROUBLE]),
        count=acts,
    )
    def look(  # noqa: PLR0913 - what a look gives
        self,
        *,
        who: int,
        stale: bool,
        said: Sequence[Verdict],
        requests: int,
        trouble: str | None,
        count: int,
    ) -> None:
        client = self._client(who, stale=stale)
        judged = client.seen.judged
        if judged is None:
            return
        there = self.scene.live.get(judged.id)
        if client.seen.route.share(judged.id) and (there is None or there.fate is not Fate.WELL):
            self._take(who, Failed(judged.id, "it answers nobody"), count)
        elif client.seen.phase is Phase.PREPARING:
            self._take(who, Resume(), count)
        else:
            evidence = None if trouble and not requests else Evidences()
            self._take(who, Looked(judged.id, evidence, said, requests, trouble), count)

    @rule(who=who, count=st.integers(1, 8))
    def act(self, *, who: int, count: int) -> None:
        if who in self.clients:
            self._act(who, count)

    @rule(minutes=minutes)
    def turn(self, minutes: float) -> None:
        """All goes well for a while, so that deep states are reached."""
        self.scene.pass_time(minutes)
        client = Client(self.scene)
        _turn(client, PASS)

    @rule(who=who, half=st.booleans())
    def crash(self, *, who: int, half: bool) -> None:
        client = self.clients.pop(who, None)
        if client and half:
            client.act_half()

    @rule(version=st.sampled_from(list(REVISIONS)), fate=st.sampled_from(list(Fate)))
    def fare(self, version: int, fate: Fate) -> None:
        revision = REVISIONS[version].id
        if revision in self.scene.live:
            self.scene.live[revision].fate = fate

    @rule(fate=st.sampled_from([Fate.WELL, Fate.WELL, *Fate]))
    def newcomers_fare(self, fate: Fate) -> None:
        self.scene.newcomers = fate

    @rule(minutes=minutes)
    def pass_time(self, minutes: float) -> None:
        self.scene.pass_time(minutes)

    @invariant()
    def what_has_weight_is_there(self) -> None:
        rollout = self.scene.rollout
        assert set(rollout.route.weights) <= set(self.scene.live)
        if rollout.auto is not None and rollout.auto.bakes:
            assert rollout.previous[0].id in self.scene.live

    @invariant()
    def what_stays_has_a_reason(self) -> None:
        rollout = self.scene.rollout
        if rollout.auto is None:
            return
        for said in ([PASS], [UNSURE], [FAIL], [ERROR], []):
            decision = decide(rollout.auto, said, self.scene.now)
            assert decision.why or decision.turn is not Turn.STAY
            if rollout.is_held:
                assert decision.turn in {Turn.STAY, Turn.BACK, Turn.PAUSE}

    @rule()
    def comes_to_an_end(self) -> None:
        """From wherever it is, it would come to an end; and so it would if it were aborted, or failed."""
        _check_that_it_ends(self.scene.copy())
        _check_that_it_can_be_aborted(self.scene.copy())
        _check_that_it_goes_back_if_it_fails(self.scene.copy())

    def teardown(self) -> None:
        """Look ahead once more."""
        self.comes_to_an_end()

    def _client(self, who: int, *, stale: bool) -> Client:
        """One that has just looked, or knows only what it knew."""
        client = self.clients.setdefault(who, Client(self.scene))
        if not stale:
            client.look()
        return client

    def _take(self, who: int, event: Event, count: int) -> None:
        if attempt(lambda: self.clients[who].take(event)):
            self._act(who, count)
        else:
            del self.clients[who]

    def _act(self, who: int, count: int) -> None:
        for _ in range(count):
            if not attempt(self.clients[who].act):
                del self.clients[who]
                return


def _drive(client: Client) -> None:
    """Do all that is due, while all that is live gets ready."""
    while True:
        for there in client.scene.live.values():
            there.fate = Fate.WELL
        if not client.act():
            if not client.due:
                return
            assert not all(there.fate is Fate.WELL for there in client.scene.live.values())


def _turn(client: Client, said: Verdict, *, is_cut: bool = False) -> None:
    """What a driver does in a turn, if nothing is in its way but a pause; `is_cut`: it dies in it."""
    judged, auto = client.seen.judged, client.seen.auto
    if auto is not None and auto.step.gate == "manual" and not auto.bakes:
        client.take(Approve(auto.step.weight))
    if judged is None or client.seen.phase is Phase.PREPARING:
        client.take(Resume())
    else:
        client.take(Looked(judged.id, Evidences(), [said], 1_000_000))
    if not is_cut:
        _drive(client)


def _check_that_it_ends(scene: Scene) -> None:
    """Time passes, all gets ready, looks say that it is good, and people say what they are asked.

    What takes so long that its deadline passes ends as its policy has it.
    """
    before = scene.rollout
    meant, good = before.judged or _goal(before), _last_good(before)
    for _ in range(12):
        client = Client(scene)
        auto = client.seen.auto
        if auto is None and client.seen.phase not in {Phase.PREPARING, Phase.SHIFTING, Phase.DELETING}:
            break
        if auto is not None and auto.pause is not None:
            client.take(Continue())
        scene.pass_time(11)
        _turn(client, PASS)
    after = scene.rollout
    assert after.auto is None
    assert after.phase in {Phase.EMPTY, Phase.STEADY, Phase.CANARY}
    if meant is not None:
        assert after.stable == (good if _was_too_late(after) else meant)


def _was_too_late(rollout: Rollout) -> bool:
    """Whether it went back at its deadline."""
    return any(r.event == "failed" and "not decided within" in r.detail for r in rollout.history[-3:])


def _goal(rollout: Rollout) -> Revision | None:
    """What is to have everything, if anything is on its way to that."""
    candidate = rollout.candidate
    is_shifting = rollout.phase in {Phase.PREPARING, Phase.SHIFTING}
    return candidate.revision if candidate and is_shifting and candidate.goal == WHOLE else None


def _last_good(rollout: Rollout) -> Revision | None:
    """What served before whatever is judged, or is under way."""
    if rollout.candidate and rollout.candidate.cause is Cause.ROLLBACK:
        return rollout.candidate.revision
    if rollout.auto is not None and rollout.auto.bakes:
        return rollout.previous[0]
    return rollout.stable


def _check_that_it_can_be_aborted(scene: Scene) -> None:
    rollout = scene.rollout
    is_under_way = rollout.candidate is not None or rollout.auto is not None
    if rollout.phase is Phase.DELETING or not is_under_way:
        return
    good, client = _last_good(rollout), Client(scene)
    client.take(Rollback())
    _drive(client)
    assert scene.rollout.route.weights == ({good.id: WHOLE} if good else {})


def _check_that_it_goes_back_if_it_fails(scene: Scene) -> None:
    """Even if what it goes back to cannot be made ready at the first attempt."""
    rollout = scene.rollout
    auto, judged = rollout.auto, rollout.judged
    if auto is None or judged is None or rollout.phase is Phase.PREPARING or auto.policy.on_fail == "pause":
        return
    good, client = _last_good(rollout), Client(scene)
    assert good is not None
    client.take(Looked(judged.id, Evidences(), [FAIL], 10))
    if auto.bakes:
        client.take(Failed(good.id, "no room"))
        client.take(Looked(judged.id, Evidences(), [FAIL], 10))
    _drive(client)
    assert scene.rollout.route.weights == {good.id: WHOLE}
    assert scene.rollout.rejection(judged.id)


def _check_interleavings(examples: int, steps: int) -> None:
    run_state_machine_as_test(
        Interleavings, settings=settings(max_examples=examples, stateful_step_count=steps, deadline=None)
    )


@pytest.mark.quick
def test_whatever_happens_in_whatever_order_the_record_stays_sound() -> None:
    _check_interleavings(70, 40)


@pytest.mark.full
@pytest.mark.timeout(900)
def test_it_stays_sound_in_many_more_and_longer_stories() -> None:
    _check_interleavings(400, 100)
