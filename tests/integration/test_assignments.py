"""What a cohort is given: windows, attempts, lateness, more time, held results. The server decides, whoever asks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from quizapp.core import modes
from quizapp.core.preferences import Unfit
from quizapp.core.windows import moment
from quizapp.db.extension import db
from quizapp.db.models import (
    Ability,
    AuditEvent,
    Item,
    Memory,
    Presentation,
    Response,
    Sitting,
)
from quizapp.db.session import writing
from quizapp.services import (
    annotating,
    answering,
    error_log,
    examining,
    explaining,
    lesson_questions,
    replaying,
    showing,
    sittings,
)
from quizapp.services.teaching import (
    accommodating,
    assembling,
    assigning,
    assignments,
    challenging,
    closing,
    marks,
    results,
    reviewing,
    tasks,
)
from quizapp.services.teaching.tasks import Stage
from tests.integration.classes import (
    AFTERWARDS,
    CLOSES,
    NINE_THIRTY,
    OPENS,
    ZONE,
    Class,
    answer_part,
    instructor,
)
from tests.integration.learners import MONDAY, Learner

pytestmark = pytest.mark.usefixtures("content")
HOUR, MINUTE = dt.timedelta(hours=1), dt.timedelta(minutes=1)


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """The content with single best answers only, in both pools."""
    with app.app_context():
        with writing(db.session()) as held:
            held.execute(sa.delete(Item).where(Item.type != "single_best_answer"))
        yield db.session()


def grant(session: Session, room: Class, learner: Learner, percent: int, breaks: int = 0) -> None:
    accommodating.grant(
        session,
        room.teacher,
        learner.actor.id,
        time_percent=percent,
        break_minutes=breaks,
        note="",
        now=MONDAY,
    )


def test_an_exam_from_its_draft_to_the_released_result(session: Session) -> None:
    """Held until it is released; nothing that the learner can look at tells anything before."""
    room = Class.new(session, learners=2)
    mira, ben = room.learners
    drafted = assigning.save_draft(
        session, room.teacher, room.cohort, room.wanted(cut_percent=60, standard="fixed"), MONDAY
    )
    assert tasks.list_tasks(session, mira.actor, NINE_THIRTY) == (), "a draft is nobody’s business"
    assigning.publish(session, room.teacher, drafted, MONDAY)
    assigning.publish(session, room.teacher, drafted, MONDAY)
    (task,) = tasks.list_tasks(session, mira.actor, NINE_THIRTY)
    assert (task.stage, task.refusal, task.questions) == (Stage.OPEN, "", 3)
    sitting = room.sit(mira, drafted, right=2)
    pools = session.scalars(sa.select(Item.pool).join(Presentation, Presentation.content_id == Item.content_id)).all()
    assert set(pools) == {"secure"}
    first_form = session.scalars(sa.select(Presentation.version_id).where(Presentation.sitting_id == sitting)).all()
    with pytest.raises(tasks.Refused, match="attempt"):
        tasks.start(session, mira.actor, drafted, NINE_THIRTY)

    assert session.scalars(sa.select(Memory)).all() == []
    assert session.scalars(sa.select(Ability)).all() == []
    assert not sittings.get_results(session, mira.actor, sitting).sat.released
    assert error_log.get_error_log(session, mira.actor).total == 0
    assert all(not lesson_questions.list_misses(session, mira.actor, name) for name in ("nassa-mechanism", "trd"))
    with pytest.raises(LookupError):
        explaining.get_feedback(session, mira.actor, sitting, 2, None)
    wrong = showing.get_shown(session, mira.actor, sitting, 2).id
    with pytest.raises(LookupError):
        annotating.name_cause(session, mira.actor, wrong, "1", "knowledge", NINE_THIRTY)
    task = tasks.get_task(session, mira.actor, drafted, NINE_THIRTY)
    assert results.get_result(session, mira.actor, task) == results.NOTHING
    assert replaying.replay(session) == []

    with pytest.raises(reviewing.NotYet, match="begin"):
        reviewing.release(session, room.teacher, drafted, NINE_THIRTY)
    second = room.sit(ben, drafted, right=0, hand_in=False)
    assert (
        session.scalars(sa.select(Presentation.version_id).where(Presentation.sitting_id == second)).all() == first_form
    )
    with pytest.raises(reviewing.NotYet, match="sitting"):
        reviewing.release(session, room.teacher, drafted, AFTERWARDS)
    assert closing.close_over(session, AFTERWARDS) == 0
    examining.close_expired(session, AFTERWARDS)
    assert closing.close_over(session, AFTERWARDS) == 1
    assert closing.close_over(session, AFTERWARDS) == 0

    review = reviewing.get_review(session, room.teacher, drafted)
    assert (review.live.handed_in, review.live.missing, len(review.questions)) == (2, 0, 3)
    assert {one.n for one in review.questions} == {2}
    assert sum(one.facility for one in review.questions) == pytest.approx(1.0)  # two of six marks
    assert all(one.wrong for one in review.questions if one.facility < 1)
    reviewing.release(session, room.teacher, drafted, AFTERWARDS)
    reviewing.release(session, room.teacher, drafted, AFTERWARDS)
    deeds = session.scalars(sa.select(AuditEvent.deed).order_by(AuditEvent.number)).all()
    assert deeds.count("release results") == 1
    task = tasks.get_task(session, mira.actor, drafted, AFTERWARDS)
    result = results.get_result(session, mira.actor, task)
    assert result.score is not None
    assert (result.score.earned, result.score.possible, result.passed) == (2, 3, True)
    assert sum(row.possible for row in result.objectives) == 3
    assert len(result.questions) == 3
    assert result.peers is None, "one other is not enough to hide in"
    assert explaining.get_feedback(session, mira.actor, sitting, 2, None).verdict == "not_right"
    assert error_log.get_error_log(session, mira.actor).total == 1
    assert replaying.replay(session) == []


def test_a_window_opens_and_closes_by_the_clock_of_its_zone(session: Session) -> None:
    """Across the night in which the clocks are put back: the wall says the same, the hours differ."""
    room = Class.new(session, learners=1)
    (mira,) = room.learners
    opens, closes = dt.datetime(2026, 10, 24, 22), dt.datetime(2026, 10, 25, 10)
    block = room.give("block", opens=opens, closes=closes, now=moment(opens, ZONE))
    before, after = moment(opens, ZONE), moment(closes, ZONE)
    assert after - before == 13 * HOUR
    stages = {
        now: tasks.get_task(session, mira.actor, block, now).stage
        for now in (before - MINUTE, before, after - MINUTE, after)
    }
    assert list(stages.values()) == [Stage.AHEAD, Stage.OPEN, Stage.OPEN, Stage.OVER]
    with pytest.raises(tasks.Refused, match="not open"):
        tasks.start(session, mira.actor, block, before - MINUTE)
    with pytest.raises(tasks.Refused, match="closed"):
        tasks.start(session, mira.actor, block, after)
    sitting = tasks.start(session, mira.actor, block, after - MINUTE)
    assert session.get_one(Sitting, sitting).deadline == after


def test_a_window_in_an_hour_that_does_not_exist_is_handed_back(session: Session) -> None:
    room = Class.new(session)
    night = dt.datetime(2027, 3, 28, 2, 30)
    with pytest.raises(Unfit) as unfit:
        room.give("block", opens=night, closes=night + 5 * HOUR)
    assert "02:30 does not exist" in unfit.value.problems["opens"]
    for wrong, field in (
        ({"closes": OPENS}, "closes"),
        ({"opens": None}, "opens"),
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"title": "  "}, "title"),
        ({"topics": {}}, "size"),
        ({"topics": {"nassa": -1}}, "size"),
        ({"topics": {"nassa": 500}}, "size"),
        ({"attempts": 0}, "attempts"),
        ({"cut_percent": 101, "standard": "fixed"}, "cut_percent"),
        ({"cut_percent": 60}, "standard"),
        ({"closes": OPENS + dt.timedelta(days=900)}, "closes"),
    ):
        with pytest.raises(Unfit) as refused:
            room.give("exam", **wrong)
        assert field in refused.value.problems, wrong


def test_more_time_stretches_window_and_clock_everywhere_and_is_kept(session: Session) -> None:
    room = Class.new(session, learners=2)
    mira, ben = room.learners
    grant(session, room, mira, 150, 10)
    exam = room.give("exam", limit_minutes=60)
    begun = moment(CLOSES, ZONE) - HOUR
    for learner, minutes in ((mira, 100), (ben, 60)):
        sitting = session.get_one(Sitting, tasks.start(session, learner.actor, exam, begun))
        assert sitting.deadline == begun + minutes * MINUTE
        assert sitting.extra_seconds == (minutes - 60) * 60
    grant(session, room, mira, 100)
    sitting = session.get_one(Sitting, tasks.start(session, mira.actor, exam, begun))
    session.refresh(sitting)
    assert sitting.deadline == begun + 100 * MINUTE, "what runs keeps the deadline it began with"
    grant(session, room, mira, 200)
    window = tasks.get_task(session, mira.actor, exam, begun).window
    assert window.closes == OPENS + 2 * (CLOSES - OPENS)
    own = mira.start(now=MONDAY, size=2, exam=True, minutes=10)
    assert session.get_one(Sitting, own).deadline == MONDAY + 20 * MINUTE
    usual = ben.start(now=MONDAY, size=2, exam=True, minutes=10)
    assert session.get_one(Sitting, usual).deadline == MONDAY + 10 * MINUTE
    assert reviewing.get_review(session, room.teacher, exam).live.all_end == moment(window.closes, ZONE)


def test_the_deadline_is_the_servers_also_when_its_clock_is_set_back(session: Session) -> None:
    room = Class.new(session, learners=1)
    (mira,) = room.learners
    exam = room.give("exam", limit_minutes=60)
    sitting = room.sit(mira, exam, right=3, hand_in=False)
    deadline = session.get_one(Sitting, sitting).deadline
    assert deadline is not None
    earlier = NINE_THIRTY - 20 * MINUTE
    assert tasks.start(session, mira.actor, exam, earlier) == sitting
    answer_part(session, mira, sitting, 0, earlier, right=True)
    assert session.get_one(Sitting, sitting).deadline == deadline
    with pytest.raises(answering.TimeIsUp):
        answer_part(session, mira, sitting, 0, deadline, right=False)
    examining.settle(session, mira.actor, sitting, deadline + HOUR)
    (sat,) = marks.list_sat(session)
    assert (sat.earned, sat.answered, sat.handed_in) == (3, 3, deadline)
    assert session.scalars(sa.select(Response.at)).all() == [deadline] * 3
    assert replaying.replay(session) == []


def test_a_block_is_practice_with_an_end_and_late_days_cost_what_was_said(session: Session) -> None:
    room = Class.new(session, learners=3)
    mira, ben, eva = room.learners
    block = room.give("block", late_days=2, late_percent=10, attempts=2, topics={"nassa": 4})
    sitting = tasks.start(session, mira.actor, block, NINE_THIRTY)
    assert tasks.start(session, mira.actor, block, NINE_THIRTY) == sitting, "a second click goes on"
    for position in range(4):
        answer_part(session, mira, sitting, position, NINE_THIRTY, right=True)
    task = tasks.get_task(session, mira.actor, block, NINE_THIRTY)
    assert (task.stage, task.attempts_left, task.refusal) == (Stage.DONE, 1, "")
    assert set(session.scalars(sa.select(Response.mode))) == {modes.ASSIGNED.name}
    again = tasks.start(session, mira.actor, block, NINE_THIRTY)
    for position in range(4):
        answer_part(session, mira, again, position, NINE_THIRTY, right=False)
    score = results.get_result(session, mira.actor, tasks.get_task(session, mira.actor, block, NINE_THIRTY)).score
    assert score is not None
    assert (score.earned, score.possible) == (4, 4), "the first attempt counts"

    late = moment(CLOSES, ZONE) + 25 * HOUR
    assert tasks.get_task(session, ben.actor, block, late).stage is Stage.LATE
    sitting = tasks.start(session, ben.actor, block, late)
    for position in range(2):
        answer_part(session, ben, sitting, position, late, right=True)
    end = moment(CLOSES + dt.timedelta(days=2), ZONE)
    with pytest.raises(answering.TimeIsUp):
        answer_part(session, ben, sitting, 2, end, right=True)
    assert examining.close_expired(session, end) == 1
    (sat,) = marks.list_sat(session, Sitting.learner_id == ben.actor.id)
    assert (sat.earned, sat.possible, sat.answered) == (2, 4, 2), "what was not reached counts as not earned"
    score = results.get_result(session, ben.actor, tasks.get_task(session, ben.actor, block, end)).score
    assert score is not None
    assert (score.off_percent, score.percent) == (20, 40.0)
    with pytest.raises(tasks.Refused, match="closed"):
        tasks.start(session, eva.actor, block, end)
    assert replaying.replay(session) == []


def test_a_lesson_is_done_when_its_questions_are_answered(session: Session) -> None:
    room = Class.new(session, learners=1)
    (mira,) = room.learners
    lesson = room.give("lesson", lesson="nassa-mechanism")
    task = tasks.get_task(session, mira.actor, lesson, NINE_THIRTY)
    assert (task.stage, task.answered) == (Stage.OPEN, 0)
    assert len(task.checks) > 1
    with pytest.raises(LookupError):
        tasks.start(session, mira.actor, lesson, NINE_THIRTY)
    with pytest.raises(Unfit):
        room.give("lesson", lesson="no-such-lesson")


def test_what_counts_rests_on_signed_questions_or_is_said_to_be_for_practice(session: Session) -> None:
    room = Class.new(session)
    draft = assigning.save_draft(session, room.teacher, room.cohort, room.wanted(graded=True), MONDAY)
    with pytest.raises(assembling.Unsigned) as unsigned:
        assigning.publish(session, room.teacher, draft, MONDAY)
    assert all("no clinician has signed it" in why for why in unsigned.value.reasons.values())
    assert assignments.get_given(session, room.teacher, draft).state == "draft"
    assigning.make_formative(session, room.teacher, draft, MONDAY)
    assigning.publish(session, room.teacher, draft, MONDAY)
    given = assignments.get_given(session, room.teacher, draft)
    assert (given.state, given.wanted.graded, len(given.items)) == ("open", False, 3)
    assert session.scalars(sa.select(Item.pool).where(Item.content_id.in_(given.items))).all() == ["secure"] * 3


def test_a_blueprint_the_pool_cannot_fill_is_refused_with_what_is_missing(session: Session) -> None:
    room = Class.new(session)
    draft = assigning.save_draft(session, room.teacher, room.cohort, room.wanted(topics={"nassa": 90}), MONDAY)
    with pytest.raises(assembling.Unfilled) as unfilled:
        assigning.publish(session, room.teacher, draft, MONDAY)
    (lack,) = unfilled.value.lacks
    assert lack.missing > 0
    assert "NaSSA" in lack.words


def test_a_draw_for_each_learner_is_stored_spares_and_keeps_enemies_apart(session: Session) -> None:
    room = Class.new(session, learners=4)
    exam = room.give("exam", draw="random", topics={"nassa": 2, "trd": 2})
    drawn = {}
    for learner in room.learners:
        sitting = session.get_one(Sitting, tasks.start(session, learner.actor, exam, NINE_THIRTY))
        drawn[learner.actor.id] = sitting.plan["items"]
        assert tasks.start(session, learner.actor, exam, NINE_THIRTY) == sitting.id
    assert all(len(set(items)) == 4 for items in drawn.values())
    flat = [item for items in drawn.values() for item in items]
    assert len(set(flat)) == len(flat), "while there are questions nobody was shown, none is shown twice"
    enemies = {one.item: one.enemies for one in assembling.candidates_for(session, "exam", graded=False)}
    assert not any(enemies[a] & set(items) for items in drawn.values() for a in items)


def test_what_is_ruled_holds_for_this_exam_and_the_newest_ruling_counts(session: Session) -> None:
    room = Class.new(session, learners=1)
    (mira,) = room.learners
    exam = room.give("exam")
    room.sit(mira, exam, right=1)
    asked = assignments.get_given(session, room.teacher, exam).items

    def score() -> tuple[int, int]:
        (sat,) = marks.list_sat(session)
        return sat.earned, sat.possible

    def rule(place: int, choice: str) -> None:
        reviewing.rule(session, room.teacher, exam, asked[place], choice, "because", AFTERWARDS)

    assert score() == (1, 3)
    rule(2, "credit")
    assert score() == (2, 3)
    rule(2, "drop")
    assert score() == (1, 2)
    rule(0, "bonus")
    assert score() == (1, 2), "who has it right keeps it"
    rule(1, "bonus")
    assert score() == (1, 1), "who has it wrong loses nothing by it"
    rule(1, "keep")
    rule(2, "keep")
    assert score() == (1, 3)
    with pytest.raises(Unfit):
        reviewing.rule(session, room.teacher, exam, asked[0], "drop", "  ", AFTERWARDS)
    foreign = session.scalars(sa.select(Item.content_id).where(Item.pool == "practice").limit(1)).one()
    with pytest.raises(LookupError):
        reviewing.rule(session, room.teacher, exam, foreign, "drop", "because", AFTERWARDS)
    with pytest.raises(LookupError):
        reviewing.rule(session, instructor(session), exam, asked[0], "drop", "because", AFTERWARDS)


def test_a_doubt_is_raised_after_release_once_and_answered(session: Session) -> None:
    room = Class.new(session, learners=2)
    mira, ben = room.learners
    exam = room.give("exam")
    for learner in (mira, ben):
        room.sit(learner, exam, right=1)
    with pytest.raises(LookupError):
        challenging.challenge(session, mira.actor, exam, 1, "It is b, because …", AFTERWARDS)
    reviewing.release(session, room.teacher, exam, AFTERWARDS)
    with pytest.raises(Unfit):
        challenging.challenge(session, mira.actor, exam, 1, "   ", AFTERWARDS)
    for _ in range(2):
        challenging.challenge(session, mira.actor, exam, 1, "It is b, because …", AFTERWARDS)
    (doubt,) = challenging.list_all(session, room.teacher, exam)

    def read(learner: Learner) -> list[tuple[str, bool, str]]:
        found = results.get_result(session, learner.actor, tasks.get_task(session, learner.actor, exam, AFTERWARDS))
        return [(t.reason, t.own, t.name) for asked in found.questions for t in asked.threads]

    assert read(mira) == [("It is b, because …", True, "")]
    assert read(ben) == [], "an unanswered doubt is between the learner and those who teach"
    with pytest.raises(LookupError):
        challenging.answer(session, instructor(session), doubt.id, "No.", AFTERWARDS)
    challenging.answer(session, room.teacher, doubt.id, "No: see the second fact.", AFTERWARDS)
    assert read(ben) == [("It is b, because …", False, "")]


def test_a_released_exam_is_begun_by_nobody_and_peers_are_shown_from_ten_on(session: Session) -> None:
    room = Class.new(session, learners=11)
    exam = room.give("exam")
    for number, learner in enumerate(room.learners):
        room.sit(learner, exam, right=number % 4)
    reviewing.release(session, room.teacher, exam, NINE_THIRTY)  # everybody has handed in, so it need not wait
    late = room.join(Learner.new(session))
    with pytest.raises(tasks.Refused, match="released"):
        tasks.start(session, late.actor, exam, NINE_THIRTY)
    first = room.learners[0]
    peers = results.get_result(session, first.actor, tasks.get_task(session, first.actor, exam, NINE_THIRTY)).peers
    assert peers is not None
    assert (peers.n, peers.low, peers.middle, peers.high) == (10, 33, 33, 67)


def test_nobody_reaches_an_assignment_of_others(session: Session) -> None:
    room, stranger = Class.new(session, learners=1), Learner.new(session)
    exam = room.give("exam")
    for call in (tasks.get_task, tasks.start):
        with pytest.raises(LookupError):
            call(session, stranger.actor, exam, NINE_THIRTY)
    other = instructor(session)
    for act in (
        lambda: assignments.get_given(session, other, exam),
        lambda: assigning.publish(session, other, exam, MONDAY),
        lambda: assigning.discard(session, other, exam, MONDAY),
        lambda: assigning.adjust(session, other, exam, room.wanted(), MONDAY),
        lambda: reviewing.release(session, other, exam, AFTERWARDS),
        lambda: accommodating.grant(
            session, other, room.learners[0].actor.id, time_percent=150, break_minutes=0, note="", now=MONDAY
        ),
    ):
        with pytest.raises(LookupError):
            act()


def test_what_is_assigned_counts_for_its_cohort_and_practice_only_where_it_is_shown(session: Session) -> None:
    shown, hidden = Class.new(session), Class.new(session)
    mira = shown.join(Learner.new(session), visible=True)
    hidden.join(mira)
    ben = hidden.join(Learner.new(session))
    exam = hidden.give("exam")
    hidden.sit(mira, exam)
    mira.work_through(mira.start(size=1))
    ben.work_through(ben.start(size=1))
    counted = session.execute(sa.select(Response.learner_id, Response.mode, Response.cohort_id).distinct()).all()
    assert set(map(tuple, counted)) == {
        (mira.actor.id, "formative", hidden.cohort),
        (mira.actor.id, "practice", shown.cohort),
        (ben.actor.id, "practice", None),
    }
