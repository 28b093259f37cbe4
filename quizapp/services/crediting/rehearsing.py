"""The activities that a demonstration brings, and how its learners take part in them.

They are copies of the samples, which stay as they are for whoever wants to try one. Each step of a learner is the one
that the page of the activity would offer then, done by the deed behind that page.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.credit import claims
from quizapp.db.models import Activity
from quizapp.evaluation.people import Question, Thought
from quizapp.services.accounts import Actor
from quizapp.services.content import reading
from quizapp.services.crediting import (
    activities,
    claiming,
    delayed,
    engaging,
    enrolling,
    evaluating,
    issuing,
    profiles,
    samples,
    scope,
    standing,
    testing,
)
from quizapp.services.crediting.activities import BLOCK, LESSON, Edition
from quizapp.services.crediting.attempts import BEFORE, TEST
from quizapp.services.crediting.issuing import Press
from quizapp.services.crediting.standing import Next, Standing
from quizapp.services.crediting.testing import Begun
from quizapp.services.crediting.vault import Vault

ONE_IN = 3
"""So many learners are one who takes part; every second of these answers the block too."""
BLOCK_SHARE, BLOCK_CLAIM_DAYS = 0.75, 7
"""The block ends within the days, so that some have lapsed when they are over."""
JOIN_SHARE = 0.6
"""Until when within the days one joins."""
REST_SHARE = 0.3
"""The chance of going on another day after a step."""
A_DAY = 8
"""Questions of the block answered on one day."""
LOOKS_AGAIN = dt.timedelta(days=5)
"""After so long somebody who has finished looks whether anything is asked again."""
KNOWN_FROM_WORK = 0.4
"""The chance of knowing from one’s work what was not learnt here."""
HURRIED = 6.0
"""Seconds for a question of somebody who only guesses."""


@dataclass(frozen=True)
class Story:
    """How somebody takes part. `before`: answers the questions before the lesson, which leaves none of the samples’ for
    later; `returns`: answers what is asked weeks later; `stops`: the step that is never taken; `biased`: found bias."""

    profession: str = profiles.PHYSICIAN
    before: bool = True
    returns: bool = False
    stops: Next | None = None
    guesses: bool = False
    biased: bool = False


STORIES = (
    Story(),
    Story(before=False, returns=True),
    Story(stops=Next.TEST),
    Story(before=False, returns=True),
    Story(guesses=True),
    Story(biased=True),
    Story(before=False, returns=True, stops=Next.EVALUATE),
    Story(),
    Story("nurse", before=False, returns=True),
    Story(),
    Story(stops=Next.CLAIM),
)
"""Taken in turns by those who take part."""

CHANGES = (
    "I will ask about sleep and appetite before I choose, and not only about mood.",
    "I will explain the first days better: what comes at once, and what takes weeks.",
    "I will tell patients which signs mean that they should call on the same day.",
    "I will look at the receptors before I promise an effect.",
    "I will check what else is taken before I combine two drugs that act on serotonin.",
    "I will write down weight at the start, and again at each visit.",
    "I will use the figure when I teach our students.",
    "I will ask what was tried before, and for how long, before I speak of resistance.",
    "Not much yet; most of it I knew.",
    "I will read the source of one claim that surprised me.",
)
AND_THEN = (
    "",
    "",
    "",
    "I begin with new patients.",
    "I will bring it to our next team meeting.",
    "Whether it helps I shall see in some months.",
    "It takes a minute and may spare a visit.",
    "In our clinic the nurses ask this first, so I will tell them too.",
)
BARRIERS = (
    "Ten minutes a patient.",
    "Time.",
    "Our formulary has only one of the two.",
    "Colleagues who have always done it otherwise.",
    "I do not see these patients often enough to keep it in mind.",
    "The laboratory needs three days for a blood count.",
    "Nothing but habit.",
)
BIASES = (
    "Two drugs of one class are named far more often than their alternatives.",
    "The comparison with other classes is short, so the class of the title looks better than it may be.",
)
COMMENTS = (
    "The reasons for the wrong options taught me more than the lesson.",
    "Please add a case with an older patient.",
    "Some questions of the test were harder than anything in the lesson. I liked that.",
    "On a phone the large figure had to be turned to be read.",
    "I would have liked to see how others answered.",
    "Shorter, please: half the length would do.",
)


@dataclass(frozen=True)
class Offered:
    """What the learners find. `slugs`: of the activities, the lesson first; `press` is None where no certificate can be
    made yet."""

    slugs: tuple[str, ...]
    vault: Vault
    press: Press | None
    begins: dt.datetime
    ends: dt.datetime


def offer(
    session: Session, vault: Vault, press: Press | None, *, begins: dt.datetime, ends: dt.datetime
) -> Offered | None:
    """Publish the activities of a demonstration between these moments, once; None where there is nobody to run them."""
    coordinator = scope.find_coordinator(session, samples.COORDINATOR)
    if coordinator is None:
        return None
    days = (ends - begins).days
    copies = [_copy(one, days) for one in samples.list_shipped()]
    for one in copies:
        samples.publish(session, coordinator, one, begins)
    held = set(session.scalars(sa.select(Activity.slug).where(Activity.slug.in_([one["slug"] for one in copies]))))
    slugs = tuple(one["slug"] for one in copies if one["slug"] in held)
    return Offered(slugs, vault, press, begins, ends)


def _copy(one: samples.Json, days: int) -> samples.Json:
    told: samples.Json = {"slug": f"demo-{one['slug']}", "title": f"{one['title']} (demonstration)"}
    if one["kind"] == BLOCK:
        told |= {"days": max(1, int(days * BLOCK_SHARE)), "claim_days": BLOCK_CLAIM_DAYS}
    return one | told


Think = Callable[[Thought, Question], Thought]
"""What becomes of a thought before it is an answer."""


def as_it_came(thought: Thought, asked: Question) -> Thought:
    return thought


class Learner(Protocol):
    """Who takes part; `now` moves on with what is done."""

    actor: Actor
    now: dt.datetime

    def read(self, lesson: reading.Lesson, turned: Callable[[], object]) -> int:
        """Read a lesson and answer its questions; `turned` is called before each."""

    def sit(self, sitting_id: int, think: Think, most: int | None) -> int:
        """Answer a test and hand it in, or at most so many of questions that are explained one by one."""


@dataclass
class Participant:
    """A learner in one activity."""

    session: Session
    offered: Offered
    slug: str
    story: Story
    comes: dt.datetime
    """Before this moment nothing is done."""
    rng: random.Random
    learner: Learner
    over: bool = False

    def go_on(self) -> int:
        """Do what comes next, and what comes after that, as far as one goes on a day; returns the answers given."""
        if self.over or self.learner.now < self.comes or not self._enrolled():
            return 0
        done = 0
        while self.learner.now < self.offered.ends:
            version_id = activities.find_own(self.session, self.slug, self.learner.actor.id)
            if version_id is None:
                break
            edition = activities.get_edition(self.session, version_id)
            held = standing.get_standing(self.session, self.learner.actor, edition, self.learner.now)
            given = self._step(edition, held)
            if given is None:
                if held.next in (self.story.stops, Next.CERTIFICATE, Next.NOTHING):
                    self.over = not self.story.returns
                    self.comes = self.learner.now + LOOKS_AGAIN
                break
            done += given
            if self.rng.random() < REST_SHARE:
                break
        return done

    def _enrolled(self) -> bool:
        actor = self.learner.actor
        if enrolling.find_participation(self.session, actor, self.slug) is not None:
            return True
        wanted = profiles.Wanted(actor.name or actor.email, self.story.profession)
        try:
            enrolling.enrol(self.session, self.offered.vault, actor, self.slug, wanted, self.learner.now)
        except enrolling.Closed:
            return False
        self._pass(30)
        return True

    def _pass(self, seconds: float) -> None:
        self.learner.now += dt.timedelta(seconds=seconds)

    def _step(self, edition: Edition, held: Standing) -> int | None:
        """Take the next step; returns the answers given, None where nothing more is done on this day."""
        if held.later is not None and self.story.returns:
            return self._test(held, held.later)
        if held.next is self.story.stops or held.why or held.participation_id is None:
            return None
        match held.next:
            case Next.BEFORE if self.story.before:
                return self._test(held, BEFORE)
            case Next.BEFORE | Next.LESSON:
                return self._read(edition, held.participation_id)
            case Next.TEST | Next.GO_ON:
                return self._test(held, TEST)
            case Next.EVALUATE:
                return self._evaluate(held.participation_id)
            case Next.CLAIM:
                return self._claim(held.participation_id)
            case Next.PARTICIPATION if self.offered.press is not None:
                issuing.issue_participation(
                    self.session, self.offered.press, self.learner.actor, held.participation_id, self.learner.now
                )
        return None

    def _read(self, edition: Edition, participation_id: int) -> int:
        def turn() -> None:
            engaging.beat(
                self.session, self.learner.actor, participation_id, engaging.LESSON, self.learner.now, measured=False
            )

        if edition.lesson is None:
            return 0
        turn()
        given = self.learner.read(reading.get_lesson(self.session, edition.lesson.slug), turn)
        self._pass(60)
        turn()
        return given

    def _test(self, held: Standing, purpose: str) -> int | None:
        if held.participation_id is None:
            return None
        begin = testing.start if purpose in (BEFORE, TEST) else delayed.start
        begun = begin(self.session, self.learner.actor, held.participation_id, purpose, self.learner.now)
        if not isinstance(begun, Begun):
            return None
        whole = held.edition.kind == LESSON or purpose != TEST
        given = self.learner.sit(begun.sitting_id, self._think, None if whole else A_DAY)
        return given if whole else None

    def _think(self, thought: Thought, asked: Question) -> Thought:
        """What is answered when this came to mind."""
        if self.story.guesses:
            return replace(thought, right=self.rng.random() < asked.guess, seconds=HURRIED)
        return replace(thought, right=thought.right or self.rng.random() < KNOWN_FROM_WORK)

    def _evaluate(self, participation_id: int) -> int:
        answers = {
            "objectives": self.rng.choice(("all", "all", "all", "some")),
            "change": f"{self.rng.choice(CHANGES)} {self.rng.choice(AND_THEN)}".strip(),
            "barriers": self.rng.choice((*BARRIERS, "", "", "")),
            "bias": "yes" if self.story.biased else "no",
            "bias_where": self.rng.choice(BIASES) if self.story.biased else "",
            "comment": self.rng.choice((*COMMENTS, "", "", "", "", "", "")),
        }
        self._pass(self.rng.uniform(40, 180))
        evaluating.evaluate(self.session, self.learner.actor, participation_id, answers, self.learner.now)
        return 0

    def _claim(self, participation_id: int) -> int | None:
        actor = self.learner.actor
        taken = claiming.get_taken(self.session, participation_id)
        busy = taken.core.engaged_seconds // 60
        most = evaluating.plausible_minutes(taken, self.learner.now)
        said = min(max(1, -(-busy // 5) * 5 + self.rng.choice((0, 0, 5))), most)
        evaluating.attest(self.session, actor, participation_id, said, self.learner.now)
        self._pass(15)
        taken = claiming.get_taken(self.session, participation_id)
        for system, terms in claiming.terms_of(self.session, taken.version_id).items():
            if self.story.profession not in terms.professions:
                continue
            quarters = claims.most(terms, taken.core)
            claiming.claim(self.session, actor, participation_id, system, quarters, self.learner.now)
            claim_id = claiming.find_claim(self.session, participation_id, system)
            if claim_id is not None and self.offered.press is not None:
                issuing.issue(self.session, self.offered.press, claim_id, self.learner.now)
        return None


def parts_of(session: Session, offered: Offered, seed: int, number: int, learner: Learner) -> tuple[Participant, ...]:
    """What learner `number` takes part in: nothing, the lesson with its test, or the block too."""
    turn, rest = divmod(number - 1, ONE_IN)
    if rest:
        return ()
    parts = []
    for slug in offered.slugs[: 1 + (turn + 1) % 2]:
        rng = random.Random(f"credit/{seed}/{number}/{slug}")
        joins = offered.begins + (offered.ends - offered.begins) * rng.uniform(0, JOIN_SHARE)
        parts.append(Participant(session, offered, slug, STORIES[turn % len(STORIES)], joins, rng, learner))
    return tuple(parts)
