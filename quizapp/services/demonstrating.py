"""Invented learners at work: accounts, sessions and answers made through the services that the pages use.

For a database of its own: it holds content and nobody but demo accounts. Each learner is taken through all days before
the next one is begun; who was interrupted stays as somebody who stopped coming.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp import itemtypes
from quizapp.core.preferences import AFTERWARDS, Choices, local_date
from quizapp.db.models import Item, Presentation, User
from quizapp.evaluation import people
from quizapp.evaluation.people import Habits, Mind, Question
from quizapp.evaluation.report import load_constants
from quizapp.evaluation.truths import Constants, Course
from quizapp.itemtypes import Part, filling
from quizapp.services import accounts, annotating, answering, asking, examining, placing, showing, studying
from quizapp.services.accounts import ROLES, Actor
from quizapp.services.answering import Submission, TimeIsUp
from quizapp.services.composing import BlockPlan, NothingToAsk, choose_block
from quizapp.services.content import reading
from quizapp.services.crediting import rehearsing as crediting
from quizapp.services.crediting.rehearsing import Offered, Participant, Think, as_it_came
from quizapp.services.sittings import USUAL_SECONDS, Chosen
from quizapp.services.teaching import joining, rehearsing, tasks
from quizapp.services.teaching.rehearsing import Rotation
from quizapp.services.versions import Row, Version, get_version, published

PAUSE = dt.timedelta(seconds=8)
"""For reading what an answer came to."""
EXAM_SIZE = 20
EXAM_WEEK = dt.timedelta(days=6)
"""The last days, in which the exam of the rotation is open."""
SHOWS_PRACTICE = 0.7
BLOCK_SIZE = 10
LESSON_SHARE, BLOCK_SHARE, LEARN_SHARE = 0.15, 0.12, 0.5
MARK_SHARE, REPORT_SHARE, LEAVE_SHARE = 0.03, 0.002, 0.01
REPORTS = (
    "Demo report: two options look the same to us.",
    "Demo report: the stem does not say how long this has lasted.",
    "Demo report: a word is misspelt.",
    "Demo report: the reason given does not fit the option.",
)


class Unsuitable(Exception):
    """This database is not one to be filled with invented learners; the sentence says why."""


@dataclass(frozen=True)
class World:
    """What the learners meet. `ends`: from then on nothing is begun any more; `places`: objective → its place in the
    course; `seconds`: item → expected time. `rotation`: the cohort they join, and `exam_id` the exam it is given;
    `offered`: the activities with credit that some take part in.
    """

    seed: int
    days: int
    ends: dt.datetime
    course: Course
    places: Mapping[str, int]
    seconds: Mapping[int, float]
    lessons: tuple[reading.Lesson, ...]
    constants: Constants
    rotation: Rotation | None = None
    exam_id: int | None = None
    offered: Offered | None = None


def address(number: int) -> str:
    return f"demo-{number:04d}@example.org"


def check(session: Session) -> None:
    """Raises Unsuitable for a database with real learners or without content."""
    allowed = [f"{role}@example.org" for role in ROLES]
    others = sa.select(sa.func.count()).where(User.email.not_in(allowed), User.email.not_like("demo-____@example.org"))
    if people_there := session.scalar(others):
        raise Unsuitable(
            f"{people_there} of the accounts in this database are not demo accounts. Invented learners would spoil the "
            "statistics of the real ones, so nothing was done. Give them a database of their own."
        )
    if session.scalar(sa.select(Item.content_id).where(Item.pool == "practice").limit(1)) is None:
        raise Unsuitable("There is no question in this database. Load the content first: quizapp content load.")


def hurry(session: Session) -> None:
    """Let SQLite commit without waiting for the disk: after a power cut the last answers are missing, nothing worse."""
    session.rollback()
    if session.get_bind().dialect.name == "sqlite":
        # The connection goes back to the pool and is the one that every deed of this process takes.
        connection = session.get_bind().engine.raw_connection()
        connection.cursor().execute("PRAGMA synchronous = NORMAL")
        connection.close()


def count_learners(session: Session) -> int:
    """How many invented learners there are already; the next one has the number after."""
    return session.scalar(sa.select(sa.func.count()).where(User.email.like("demo-____@example.org"))) or 0


def get_world(
    session: Session,
    *,
    seed: int,
    days: int,
    ends: dt.datetime,
    rotation: Rotation | None = None,
    offered: Offered | None = None,
) -> World:
    """The content of the database, and so many days before `ends`; a rotation is given an exam in the last of them."""
    objectives = published(session, "objective")
    topics = {slug: place for place, slug in enumerate(published(session, "topic"))}
    places = {slug: place for place, slug in enumerate(objectives)}
    needs = [
        [places[need] for need in version.body.get("needs", ()) if need in places] for version in objectives.values()
    ]
    return World(
        seed=seed,
        days=days,
        ends=ends,
        course=people.draw_course(
            seed,
            [topics.get(version.body["topic"], -1) for version in objectives.values()],
            [found[0] if found else -1 for found in needs],
        ),
        places=places,
        seconds=dict(iter(session.execute(sa.select(Item.content_id, sa.func.coalesce(Item.seconds, USUAL_SECONDS))))),
        lessons=tuple(reading.get_lesson(session, row.slug) for row in reading.list_lessons(session)),
        constants=load_constants(),
        rotation=rotation,
        exam_id=rehearsing.give_exam(session, rotation, ends - EXAM_WEEK, EXAM_WEEK.days) if rotation else None,
        offered=offered,
    )


def finish(session: Session, world: World, now: dt.datetime) -> None:
    """Close what nobody handed in, and release the exam of the rotation."""
    examining.close_expired(session, now, limit=10_000)
    if world.rotation is not None and world.exam_id is not None:
        rehearsing.release(session, world.rotation, world.exam_id, now)


def study(session: Session, world: World, number: int, password_hash: str) -> Iterator[int]:
    """Open the account of learner `number` (from 1) and take it through all days; gives the answers of each day."""
    habits = people.draw_habits(world.seed, number, world.days)
    learner: _Learner | None = None
    rng = random.Random(f"days/{world.seed}/{number}")
    for day in range(world.days):
        now = _begins(world, habits, day, rng)
        if not habits.studies_on(day, rng) or now >= world.ends:
            yield 0
            continue
        if learner is None:
            learner = _open(session, world, habits, number, password_hash, rng, now)
        yield learner.spend(day, now)


def _begins(world: World, habits: Habits, day: int, rng: random.Random) -> dt.datetime:
    """When studying begins on this day, if it does."""
    last = local_date(world.ends - dt.timedelta(seconds=1), habits.zone)
    on = last - dt.timedelta(days=world.days - 1 - day)
    minutes = int(60 * habits.hour + rng.uniform(-40, 40))
    local = dt.datetime.combine(on, dt.time(minutes // 60, minutes % 60), ZoneInfo(habits.zone))
    return local.astimezone(dt.UTC)


def _open(
    session: Session,
    world: World,
    habits: Habits,
    number: int,
    password_hash: str,
    rng: random.Random,
    now: dt.datetime,
) -> _Learner:
    email, opened = address(number), now - 2 * PAUSE
    user_id = accounts.create_user(
        session, email=email, name=habits.name, roles=["student"], password_hash=password_hash, now=opened
    )
    choices = Choices(zone=habits.zone, minutes_a_day=habits.minutes, rest_days=habits.rest_days)
    accounts.save_settings(session, user_id, choices, habits.name, opened)
    actor = Actor(user_id, email, habits.name, frozenset({"student"}), choices, None)
    if world.rotation is not None:
        shows = random.Random(f"shows/{world.seed}/{number}").random() < SHOWS_PRACTICE
        joining.join(session, actor, world.rotation.code, practice_visible=shows, now=opened)
    exam = None
    if habits.exam is not None:
        exam = max(
            local_date(world.ends, habits.zone) + dt.timedelta(days=habits.exam - world.days),
            local_date(now, habits.zone),
        )
    dated = ("Demo examination", exam) if exam is not None and habits.first_step == "exam" else None
    accounts.choose_first_step(session, actor, habits.first_step, exam=dated, now=opened)
    if exam is not None and dated is None:
        accounts.add_exam_date(session, actor, "Demo examination", exam, opened)
    mind = Mind(world.seed, number, habits, world.course, world.constants)
    learner = _Learner(session, world, habits, mind, replace(actor, first_step=habits.first_step), rng, now)
    if world.offered is not None:
        learner.parts = crediting.parts_of(session, world.offered, world.seed, number, learner)
    return learner


@dataclass
class _Learner:
    """One invented learner; `now` moves on as questions are answered."""

    session: Session
    world: World
    habits: Habits
    mind: Mind
    actor: Actor
    rng: random.Random
    now: dt.datetime
    placed: bool = False
    lessons_read: int = 0
    mock_exam_sat: bool = False
    rotation_exam_sat: bool = False
    retired: bool = False
    parts: tuple[Participant, ...] = ()

    def spend(self, day: int, now: dt.datetime) -> int:
        """A day of study; returns how many answers were given."""
        self.now = now
        done = 0 if self.retired or self._after_the_exam() else self._study(day)
        return done + sum(part.go_on() for part in self.parts)

    def _study(self, day: int) -> int:
        done = 0
        if not self.placed and self.habits.first_step == "test":
            done += self._sit(
                "placement", "What do you know already?", partial(placing.choose_first, self.session, self.actor)
            )
        self.placed = True
        if self.rng.random() < LESSON_SHARE and self.lessons_read < len(self.world.lessons):
            done += self._read(self.world.lessons[self.lessons_read])
            self.lessons_read += 1
        if day >= self.habits.mock_exam and not self.mock_exam_sat:
            self.mock_exam_sat = True
            done += self._sit("exam", "Mock exam", self._block(BlockPlan(size=EXAM_SIZE, exam=True)))
        done += self._sit_rotation_exam()
        done += self._sit("review", "Questions of the day", partial(studying.choose_review, self.session, self.actor))
        if self.rng.random() < BLOCK_SHARE:
            done += self._sit("practice", "Ten questions", self._block(BlockPlan(size=BLOCK_SIZE)))
        return done

    def _sit_rotation_exam(self) -> int:
        """Sit the exam of the rotation on the first day on which it is open."""
        if self.world.exam_id is None or self.rotation_exam_sat or self.now < self.world.ends - EXAM_WEEK:
            return 0
        self.rotation_exam_sat = True
        try:
            sitting_id = tasks.start(self.session, self.actor, self.world.exam_id, self.now)
        except tasks.Refused:
            return 0
        return self._answer_exam(sitting_id)

    def _answer_exam(self, sitting_id: int, think: Think = as_it_came) -> int:
        done = 0
        with suppress(TimeIsUp):
            for entry in showing.get_navigator(self.session, self.actor, sitting_id):
                done += self._answer(sitting_id, entry.position, exam=True, think=think)
        examining.hand_in(self.session, self.actor, sitting_id, self.now)
        return done

    def sit(self, sitting_id: int, think: Think, most: int | None) -> int:
        """Answer a test of an activity and hand it in; where `most` is given, at most so many of its questions, each
        explained at once."""
        if most is None:
            return self._answer_exam(sitting_id, think)
        done = 0
        for turn in range(most):
            position = showing.next_position(self.session, self.actor, sitting_id)
            if position is None or self.now >= self.world.ends:
                break
            if turn == 0:  # it may wait since another day
                asking.renew(self.session, self.actor, self._shown(sitting_id, position).id, self.now)
            done += self._answer(sitting_id, position, exam=False, think=think)
        return done

    def _after_the_exam(self) -> bool:
        """Decide once what comes after an examination that is over; whoever does not keep going stays away."""
        today = local_date(self.now, self.actor.zone)
        for exam in accounts.exams_of(self.session, self.actor.id):
            if exam.on < today and exam.afterwards is None:
                choice = self.rng.choice(AFTERWARDS)
                accounts.choose_afterwards(self.session, self.actor, exam.id, choice, self.now)
                self.retired = choice != "keep"
        return self.retired

    def _block(self, plan: BlockPlan) -> Callable[[dt.datetime, int], Chosen]:
        return lambda now, seed: choose_block(self.session, self.actor, plan, now, seed)

    def read(self, lesson: reading.Lesson, turned: Callable[[], object] = lambda: None) -> int:
        """Read a lesson and answer its questions; `turned` is called before each."""
        checks = [part.item for section in lesson.sections for part in section.parts if part.kind == "check"]
        done = 0
        for place, item in enumerate(checks):
            self.now += dt.timedelta(minutes=lesson.minutes * self.habits.speed / len(checks))
            if self.now >= self.world.ends:
                return done
            turned()
            found = asking.open_check(self.session, self.actor, lesson.slug, lesson.title, place, item, self.now)
            done += self._answer(found.sitting_id, found.position, exam=False)
        return done

    def _read(self, lesson: reading.Lesson) -> int:
        """Read a lesson, then perhaps be asked about its objectives."""
        done = self.read(lesson)
        if self.rng.random() < LEARN_SHARE:
            plan = BlockPlan(objectives=tuple(aim.id for aim in lesson.objectives), size=BLOCK_SIZE, lesson=lesson.slug)
            done += self._sit("learn", lesson.title, self._block(plan))
        return done

    def _sit(self, kind: str, title: str, choose: Callable[[dt.datetime, int], Chosen]) -> int:
        """Begin a session and answer it, unless there is nothing to ask; now and then it is left in the middle."""
        if self.now >= self.world.ends:
            return 0
        seed = self.rng.randrange(2**32)
        key, chosen = f"demo:{kind}:{self.now:%Y%m%d%H%M%S}", partial(choose, self.now, seed)
        try:
            sitting_id = asking.begin(self.session, self.actor, chosen, key, title, self.now, seed)
        except NothingToAsk:
            return 0
        if kind == "exam":
            return self._answer_exam(sitting_id)
        done = 0
        while (position := showing.next_position(self.session, self.actor, sitting_id)) is not None:
            if self.now >= self.world.ends or (done and self.rng.random() < LEAVE_SHARE):
                break
            done += self._answer(sitting_id, position, exam=False)
        return done

    def _answer(self, sitting_id: int, position: int, *, exam: bool, think: Think = as_it_came) -> int:
        """Answer all parts of a question; returns how many they are."""
        shown = self._shown(sitting_id, position)
        version = get_version(self.session, shown.version_id)
        for part in version.parts:
            layout = itemtypes.part_layout(version.body["type"], shown.layout, part)
            asked = self._question(version, part)
            thought = think(self.mind.meet(asked, self._day()), asked)
            fields = filling.fill(part, layout, right=thought.right, rng=self.rng)
            self.now += dt.timedelta(seconds=thought.seconds)
            sent = Submission(part.id, fields, thought.confidence, int(1000 * thought.seconds))
            if exam:
                fix = part is not version.parts[-1]
                examining.save(self.session, self.actor, shown.id, sent, fix=fix, now=self.now)
            else:
                answering.answer(self.session, self.actor, shown.id, sent, self.now)
                self._look_back(shown.id, part, right=thought.right)
        return len(version.parts)

    def _shown(self, sitting_id: int, position: int) -> Row:
        return self.session.execute(_SHOWN, {"sitting": sitting_id, "position": position}).one()

    def _question(self, version: Version, part: Part) -> Question:
        return Question(
            slug=f"{version.slug}/{part.id}",
            objective=self.world.places[part.objective],
            guess=itemtypes.get(part.type).chance(part.content),
            seconds=self.world.seconds[version.content_id] / len(version.parts),
        )

    def _day(self) -> float:
        begins = self.world.ends - dt.timedelta(days=self.world.days + 1)
        return (self.now - begins) / dt.timedelta(days=1)

    def _look_back(self, presentation_id: int, part: Part, *, right: bool) -> None:
        """Read the feedback, and sometimes name a cause, mark the question or report it."""
        self.now += PAUSE
        if not right and self.rng.random() < self.habits.diligence:
            cause = self.rng.choice(("knowledge", "knowledge", "knowledge", "misread", "reasoning", "timing"))
            annotating.name_cause(self.session, self.actor, presentation_id, part.id, cause, self.now)
        if self.rng.random() < MARK_SHARE:
            annotating.set_mark(self.session, self.actor, presentation_id, marked=True, now=self.now)
        if self.rng.random() < REPORT_SHARE:
            text = self.rng.choice(REPORTS)
            annotating.report_problem(self.session, self.actor, presentation_id, text, self.now)


_SHOWN = sa.select(Presentation.id, Presentation.version_id, Presentation.layout).where(
    Presentation.sitting_id == sa.bindparam("sitting"),
    Presentation.position == sa.bindparam("position"),
    ~Presentation.replaced,
)
