"""A claim is granted only for what was done, in time, at most once; whatever is refused is refused in words."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from quizapp.core.credit.claims import (
    AFTERWARDS,
    Attempt,
    Award,
    Impossible,
    Participation,
    Refusal,
    State,
    Terms,
    advance,
    decide,
    most,
    passed,
    refuse_attempt,
    refuse_reopening,
    shortfalls,
    state,
)

START = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
BOTH = frozenset({"LN1", "LN2"})
TERMS = Terms(
    unit="AMA PRA Category 1 Credit",
    step=1,
    maximum=4,
    professions=frozenset({"physician"}),
    released=START,
    expires=START + 100 * DAY,
    claim_until=START + 130 * DAY,
    minimum_percent=70,
    attempts=2,
    cool_down=DAY,
    objectives=BOTH,
)
PASS = Attempt(START + DAY, 7, 10, BOTH)
MISS = Attempt(START + DAY, 6, 10, BOTH)
READY = Participation("physician", 3_600, (PASS,), evaluated=True, attested_minutes=60)
NOW = START + 2 * DAY


def refusal(participation: Participation = READY, quarters: int = 4, now: dt.datetime = NOW, **terms: Any) -> Refusal:
    decided = decide(replace(TERMS, **terms), participation, quarters, now)
    assert isinstance(decided, Refusal)
    return decided


def test_what_was_done_in_time_is_granted_up_to_the_maximum() -> None:
    assert [decide(TERMS, READY, quarters, NOW) for quarters in (1, 4)] == [Award(1), Award(4)]


@pytest.mark.parametrize(
    ("changes", "asked", "sentence"),
    [
        ({}, {"quarters": 0}, "more than no credit"),
        ({}, {"quarters": -1}, "more than no credit"),
        ({}, {"quarters": 5}, "at most 1 credit"),
        ({}, {"quarters": 3, "step": 2}, "steps of 0.5"),
        ({"attested_minutes": 59}, {}, "you said it took 59"),
        ({"attested_minutes": None}, {}, "not said yet how much time"),
        ({"evaluated": False}, {}, "evaluation has not been filled in"),
        ({"attempts": (MISS,)}, {}, "has not been passed"),
        ({"attempts": (replace(PASS, closed=None),)}, {}, "has not been passed"),
        ({"profession": "nurse"}, {}, "Your profession cannot claim"),
        ({"in_control": True}, {}, "no credit for one’s own"),
        ({"claim": State.ISSUED}, {}, "claimed credit for this activity already"),
        ({"claim": State.REVOKED}, {}, "claimed credit for this activity already"),
        ({}, {"now": START - DAY}, "not open yet"),
        ({}, {"now": TERMS.claim_until + dt.timedelta(seconds=1)}, "time for claiming is over"),
        ({"engaged_seconds": 0}, {"objectives": frozenset()}, "not taken part yet"),
    ],
)
def test_each_refusal_says_why(changes: dict[str, Any], asked: dict[str, Any], sentence: str) -> None:
    told = refusal(replace(READY, **changes), **asked).reasons
    assert len(told) == 1, told
    assert sentence in told[0]


def test_all_reasons_are_told_at_once_and_participation_is_offered() -> None:
    told = refusal(Participation("nurse"), quarters=5)
    assert len(told.reasons) == 5
    assert told.participation_only
    assert isinstance(decide(replace(TERMS, in_control_may_claim=True), replace(READY, in_control=True), 4, NOW), Award)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"earned": 6}, "6 of 10 marks are fewer than the 70\N{NO-BREAK SPACE}%"),
        ({"earned": 1}, "1 of 10 marks is fewer than the 70\N{NO-BREAK SPACE}%"),
        ({"earned": 0, "possible": 0}, "0 of 0 marks"),
        ({"objectives": frozenset({"LN1"})}, "left out 1 of 2 objectives"),
        ({"seen": 3}, "met 3 of its questions before"),
    ],
)
def test_a_pass_samples_every_objective_with_unseen_questions(change: dict[str, Any], sentence: str) -> None:
    (told,) = shortfalls(TERMS, replace(PASS, **change))
    assert sentence in told
    assert not shortfalls(TERMS, replace(PASS, seen=3, exhausted=True))


def test_the_minimum_is_met_exactly_without_a_fraction() -> None:
    for possible in range(1, 60):
        for earned in range(possible + 1):
            enough = not shortfalls(TERMS, replace(PASS, earned=earned, possible=possible))
            assert enough == (earned * 100 >= 70 * possible)


def test_where_a_participation_stands() -> None:
    fresh = Participation("physician")
    stands = [
        (fresh, NOW, State.ENROLLED),
        (replace(fresh, engaged_seconds=1), NOW, State.IN_PROGRESS),
        (replace(fresh, attempts=(MISS,)), NOW, State.IN_PROGRESS),
        (replace(fresh, attempts=(MISS, MISS)), NOW, State.LOCKED),
        (replace(fresh, attempts=(MISS, PASS)), NOW, State.ASSESSED),
        (replace(READY, attested_minutes=None), NOW, State.EVALUATED),
        (replace(READY, evaluated=False), NOW, State.ASSESSED),
        (READY, NOW, State.ATTESTED),
        (READY, TERMS.claim_until, State.ATTESTED),
        (READY, TERMS.claim_until + DAY, State.LAPSED),
        (fresh, TERMS.expires + DAY, State.LAPSED),
        (replace(fresh, attempts=(MISS, MISS)), TERMS.expires + DAY, State.LAPSED),
        (replace(READY, reopened_until=TERMS.claim_until + 9 * DAY), TERMS.claim_until + DAY, State.ATTESTED),
        (replace(fresh, reopened_until=TERMS.claim_until + 9 * DAY), TERMS.expires + DAY, State.LAPSED),
        (replace(READY, claim=State.ISSUED), TERMS.claim_until + 900 * DAY, State.ISSUED),
    ]
    for participation, now, expected in stands:
        assert state(TERMS, participation, now) is expected


def test_an_attempt_is_refused_in_words() -> None:
    fresh = Participation("physician")
    cases = [
        (fresh, START - DAY, "not open yet"),
        (fresh, TERMS.expires + DAY, "expired"),
        (replace(fresh, reopened_until=TERMS.expires + 9 * DAY), TERMS.expires + DAY, "cannot be reopened"),
        (READY, NOW, "passed already"),
        (replace(fresh, attempts=(MISS, MISS)), NOW, "All 2 attempts"),
        (replace(fresh, attempts=(MISS,)), START + DAY, "24 hours from now"),
        (replace(fresh, attempts=(MISS,)), START + 2 * DAY - dt.timedelta(seconds=30), "1 minute from now"),
    ]
    for participation, now, sentence in cases:
        refused = refuse_attempt(TERMS, participation, now)
        assert refused is not None
        assert sentence in refused.reasons[0]
    assert refuse_attempt(TERMS, fresh, NOW) is None
    assert refuse_attempt(TERMS, replace(fresh, attempts=(MISS,)), NOW) is None


def test_only_claiming_is_reopened_by_whom_it_concerns_and_with_a_reason() -> None:
    late = TERMS.claim_until + DAY
    good: dict[str, Any] = {"may": True, "reason": "Was on call", "until": late + DAY, "now": late}
    assert refuse_reopening(TERMS, READY, **good) is None
    for change, sentence in [
        ({"may": False}, "Only a coordinator"),
        ({"reason": "  "}, "Say why"),
        ({"until": late}, "must lie ahead"),
    ]:
        refused = refuse_reopening(TERMS, READY, **good | change)
        assert refused is not None
        assert sentence in refused.reasons[0]
    for participation, sentence in [
        (replace(READY, attempts=(MISS,)), "taking part cannot be reopened"),
        (replace(READY, claim=State.ISSUED), "nothing to reopen"),
    ]:
        refused = refuse_reopening(TERMS, participation, **good)
        assert refused is not None
        assert sentence in refused.reasons[0]


def test_no_granted_claim_ever_comes_back_to_where_credit_could_be_claimed_again() -> None:
    before = set(State) - set(AFTERWARDS)
    for reached in AFTERWARDS.values():
        assert not reached & before
    with pytest.raises(Impossible, match="revoked cannot become issued"):
        advance(State.REVOKED, State.ISSUED)
    with pytest.raises(Impossible, match="enrolled cannot become issued"):
        advance(State.ENROLLED, State.ISSUED)
    assert advance(State.REJECTED, State.CORRECTED) is State.CORRECTED


class AnyOrder(RuleBasedStateMachine):
    """Whatever is done in whichever order, no more than was designated is granted, no more than once, and none is lost.

    Ten thousand steps: 250 histories of forty.
    """

    def __init__(self) -> None:
        super().__init__()
        self.now = START - DAY
        self.done = Participation("physician")
        self.granted: list[int] = []

    @rule(hours=st.integers(0, 24 * 30))
    def wait(self, hours: int) -> None:
        self.now += dt.timedelta(hours=hours)

    @rule(seconds=st.integers(0, 7_200))
    def read(self, seconds: int) -> None:
        if TERMS.released <= self.now <= TERMS.expires:
            self.done = replace(self.done, engaged_seconds=self.done.engaged_seconds + seconds)

    @rule(earned=st.integers(0, 10), objectives=st.sampled_from([BOTH, frozenset({"LN1"})]), seen=st.integers(0, 2))
    def sit(self, earned: int, objectives: frozenset[str], seen: int) -> None:
        if refuse_attempt(TERMS, self.done, self.now) is None:
            attempt = Attempt(self.now, earned, 10, objectives, seen)
            self.done = replace(self.done, attempts=(*self.done.attempts, attempt))

    @rule(minutes=st.integers(0, 200))
    def attest(self, minutes: int) -> None:
        self.done = replace(self.done, attested_minutes=minutes)

    @rule()
    def evaluate(self) -> None:
        self.done = replace(self.done, evaluated=True)

    @rule(days=st.integers(-3, 60))
    def reopen(self, days: int) -> None:
        until = self.now + days * DAY
        if refuse_reopening(TERMS, self.done, may=True, reason="late", until=until, now=self.now) is None:
            self.done = replace(self.done, reopened_until=until)

    @rule(quarters=st.integers(-2, 9))
    def claim(self, quarters: int) -> None:
        decided = decide(TERMS, self.done, quarters, self.now)
        if isinstance(decided, Award):
            self.granted.append(decided.quarters)
            self.done = replace(self.done, claim=State.ISSUED)

    @rule(to=st.sampled_from(list(State)))
    def go_on(self, to: State) -> None:
        if self.done.claim is not None and to in AFTERWARDS[self.done.claim]:
            self.done = replace(self.done, claim=advance(self.done.claim, to))

    @invariant()
    def at_most_once_and_at_most_what_was_designated(self) -> None:
        assert len(self.granted) <= 1
        assert sum(self.granted) <= TERMS.maximum
        if self.granted:
            assert passed(TERMS, self.done)
            assert self.done.claim is not None, "a claim is never lost"

    @invariant()
    def what_can_be_claimed_is_granted(self) -> None:
        if state(TERMS, self.done, self.now) is State.ATTESTED and (top := most(TERMS, self.done)) > 0:
            assert decide(TERMS, self.done, top, self.now) == Award(top)
            assert isinstance(decide(TERMS, self.done, top + 1, self.now), Refusal)


AnyOrder.TestCase.settings = settings(max_examples=250, stateful_step_count=40)
TestAnyOrder = AnyOrder.TestCase
