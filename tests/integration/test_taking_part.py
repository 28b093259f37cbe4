"""Taking part: enrolled, busy, tested on what was not met before, evaluated, attested, claimed; and each refusal."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from quizapp.core.credit.claims import Award, Refusal, State, state
from quizapp.core.itemstats.tallies import ALL, EVER, EXAM, NO_COHORT
from quizapp.core.preferences import Choices, Preferences, Unfit
from quizapp.db.extension import db
from quizapp.db.models import (
    AuditEvent,
    Consent,
    ContentVersion,
    CreditProfile,
    Engagement,
    InControl,
    Item,
    ItemStat,
    Memory,
    Outbox,
    Participation,
    Presentation,
    Published,
    Sitting,
    table,
)
from quizapp.db.session import writing
from quizapp.services import accounts, asking, counting, examining, replaying
from quizapp.services.answering import OutOfTurn, Submission
from quizapp.services.crediting import (
    activities,
    claiming,
    engaging,
    enrolling,
    evaluating,
    feedback,
    profiles,
    reminding,
    testing,
)
from quizapp.services.crediting.testing import Begun
from quizapp.services.versions import get_content_ids, get_version
from tests.integration.credited import Designated
from tests.integration.learners import MONDAY, Learner
from tests.integration.participants import PHYSICIAN, VAULT, Participant, body_of, slug_of
from tests.integration.studio import supersede
from tests.statements import counted

pytestmark = pytest.mark.usefixtures("content")
MINUTE, HOUR, DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)
TOO_LATE = "The time for claiming is over. The coordinator can reopen it if you took part in time."
ANSWERS = {"objectives": "all", "change": "Ask about sedation.", "bias": "no"}


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    with app.app_context():
        yield db.session()


def offered(session: Session, *, kind: str = "lesson", step: int = 1, **changes: Any) -> Designated:
    return Designated.new(session, maximum=4, kind=kind, step=step, **body_of(session, **changes))


def system_of(session: Session, activity: Designated) -> str:
    return next(iter(claiming.terms_of(session, activity.version_id)))


def claimed(session: Session, person: Participant, quarters: int, now: dt.datetime) -> Award | Refusal:
    system = system_of(session, person.activity)
    return claiming.claim(session, person.learner.actor, person.id, system, quarters, now)


def finish(session: Session, person: Participant, now: dt.datetime, minutes: int = 60) -> None:
    evaluating.evaluate(session, person.learner.actor, person.id, ANSWERS, now)
    evaluating.attest(session, person.learner.actor, person.id, minutes, now)


def let_answer(session: Session, answers: dict[int, int]) -> None:
    """Let each of these questions have had so many first answers, and no other any."""
    lines = dict(
        session.execute(
            sa.select(Published.content_id, ContentVersion.line)
            .join(ContentVersion, ContentVersion.id == Published.version_id)
            .where(Published.content_id.in_(answers))
        ).all()
    )
    nothing = dict.fromkeys(counting.COLUMNS, 0)
    with writing(session):
        session.execute(sa.delete(table(ItemStat)))
        counting.count(
            session,
            [
                ((one, lines[one], "1", ALL, EVER, EXAM, NO_COHORT), nothing | {"answers": n, "right": n // 2})
                for one, n in answers.items()
            ],
        )


def test_from_enrolment_to_a_claim(session: Session) -> None:
    activity = offered(session)
    person = Participant.new(session, activity)
    terms = claiming.untested_terms(session, activity.version_id)
    assert state(terms, claiming.participation_of(session, person.id), MONDAY) is State.ENROLLED
    with pytest.raises(evaluating.NotYet, match="test comes first"):
        evaluating.evaluate(session, person.learner.actor, person.id, ANSWERS, MONDAY)
    person.sit(MONDAY + HOUR)
    taken = claiming.get_taken(session, person.id)
    assert taken.passed_at == MONDAY + HOUR + 3 * MINUTE
    assert state(terms, taken.core, MONDAY + HOUR) is State.ASSESSED
    with pytest.raises(evaluating.NotYet, match="evaluation first"):
        evaluating.attest(session, person.learner.actor, person.id, 60, MONDAY + 2 * HOUR)
    finish(session, person, MONDAY + 2 * HOUR)
    assert claimed(session, person, 4, MONDAY + 2 * HOUR) == Award(4)
    assert claiming.participation_of(session, person.id, system_of(session, activity)).claim is State.ISSUED
    deeds = session.scalars(sa.select(AuditEvent.deed).order_by(AuditEvent.number)).all()
    assert deeds == ["enrol", "evaluate activity", "attest time", "claim credit"]
    assert session.scalar(sa.select(sa.func.count()).select_from(Memory)) == 0, "a test for credit moves no memory"
    assert replaying.replay(session) == []


def test_two_clicks_enrol_once_and_begin_one_attempt(session: Session) -> None:
    activity = offered(session)
    person = Participant.new(session, activity)
    again = enrolling.enrol(
        session, VAULT, person.learner.actor, slug_of(session, activity), PHYSICIAN, MONDAY + MINUTE
    )
    assert again == person.id
    assert person.begin() == person.begin(MONDAY + MINUTE)
    with pytest.raises(LookupError):
        testing.start(session, Learner.new(session).actor, person.id, "test", MONDAY)
    with pytest.raises(LookupError):
        testing.start(session, person.learner.actor, person.id, "after30", MONDAY)


TOLD = {"given_name": "Ana", "family_name": "Example", "npi": "1234567893", "birth_month": "2", "birth_day": "29"}


@pytest.mark.parametrize(
    ("wanted", "field", "sentence"),
    [
        ({"name": " "}, "name", "Write the name as it should stand on the certificate."),
        ({"name": "Dr \u202eana"}, "name", "invisible sign"),
        ({"name": "Dr 😀 Ana"}, "name", "No font of ours has the sign 😀"),
        ({"profession": "emperor"}, "profession", "Choose your profession"),
        ({"identifiers": {"npi": "1234567890"}}, "npi", "slip in it"),
        ({"identifiers": {"npi": "12345"}}, "npi", "ten digits"),
        ({"identifiers": {"licence": "A1"}}, "licence_state", "Choose the state that gave the licence."),
        ({"identifiers": {"licence_state": "CA"}}, "licence", "Write the number of the licence."),
        ({"identifiers": {"birth_month": "2", "birth_day": "30"}}, "birth_day", "February has no day 30."),
        ({"identifiers": {"birth_month": "2"}}, "birth_month", "Give month and day of birth, or neither"),
        ({"identifiers": {"family_name": "Exa\u202emple"}}, "family_name", "invisible sign"),
        ({"consent": True, "identifiers": TOLD | {"given_name": ""}}, "given_name", "Give your given name"),
        ({"consent": True, "identifiers": TOLD | {"npi": ""}}, "npi", "Give an NPI, a licence with its state"),
        ({"consent": True, "identifiers": TOLD | {"birth_day": "", "birth_month": ""}}, "birth_month", "Give month"),
    ],
)
def test_a_profile_is_refused_in_words(session: Session, wanted: dict[str, Any], field: str, sentence: str) -> None:
    asked = profiles.Wanted(**{"name": "Dr Ana Example", "profession": "physician", **wanted})
    with pytest.raises(Unfit) as refused:
        profiles.check(asked)
    assert list(refused.value.problems) == [field]
    assert sentence in refused.value.problems[field]


def test_blanks_beside_each_other_in_a_name_are_one() -> None:
    assert profiles.check(profiles.Wanted("  Dr  Ana   Example ", "nurse")).name == "Dr Ana Example"


def test_identifiers_lie_encrypted_and_consent_can_be_taken_back(session: Session) -> None:
    wanted = profiles.Wanted("Dr Ana Example", "physician", TOLD, consent=True)
    person = Participant.new(session, offered(session), wanted)
    actor = person.learner.actor
    sealed = session.scalars(sa.select(CreditProfile.identifiers)).one()
    assert "1234567893" not in (sealed or "")
    assert json.loads(VAULT.open(sealed or "")) == TOLD
    held = profiles.find_profile(session, VAULT, actor.id)
    assert held is not None
    assert (held.identifiers, held.consented_at) == (TOLD, MONDAY)
    profiles.change(session, VAULT, actor, profiles.Wanted("Dr Ana Example", "physician", TOLD), MONDAY + DAY)
    profiles.change(session, VAULT, actor, profiles.Wanted("Dr Ana Example", "physician", TOLD), MONDAY + DAY)
    consents = session.execute(sa.select(Consent.given, Consent.wording).order_by(Consent.id)).all()
    assert consents == [(True, profiles.CONSENT), (False, profiles.CONSENT)]
    assert profiles.find_consent(session, actor.id) is None
    profiles.change(session, VAULT, actor, profiles.Wanted("Ana Example", "nurse", TOLD, consent=True), MONDAY + DAY)
    held = profiles.find_profile(session, VAULT, actor.id)
    assert held is not None
    assert (held.identifiers, held.consented_at) == ({}, None), "they are asked of physicians only"
    assert claiming.participation_of(session, person.id).profession == "nurse", "a slip is mended before the claim"
    assert session.scalars(sa.select(AuditEvent.deed)).all().count("change credit profile") == 3
    details = session.scalars(sa.text("SELECT details FROM audit_detail")).all()
    assert "1234567893" not in str(details)


def test_nobody_enrols_outside_the_dates(session: Session) -> None:
    activity = offered(session)
    slug, actor = slug_of(session, activity), Learner.new(session).actor
    for now, sentence in (
        (MONDAY - 60 * DAY, "not open yet"),
        (MONDAY + 301 * DAY, "has expired"),
    ):
        with pytest.raises(enrolling.Closed, match=sentence):
            enrolling.enrol(session, VAULT, actor, slug, PHYSICIAN, now)
    with writing(session):
        session.execute(sa.text("UPDATE activity SET withdrawn_at = '2026-11-20 00:00:00'"))
    with pytest.raises(enrolling.Closed, match="withdrawn"):
        enrolling.enrol(session, VAULT, actor, slug, PHYSICIAN, MONDAY)
    with pytest.raises(LookupError):
        enrolling.enrol(session, VAULT, actor, "no-such-activity", PHYSICIAN, MONDAY)


def test_a_test_asks_what_was_not_met_each_objective_and_every_time_something_else(session: Session) -> None:
    activity = offered(session, attempts=3, cool_down_minutes=0)
    person = Participant.new(session, activity)
    asked = [person.items(person.sit(MONDAY + n * HOUR, right=False)) for n in range(3)]
    assert len({item for items in asked for item in items}) == 6, "three attempts, two questions each, none twice"
    for one in claiming.get_taken(session, person.id).sat:
        assert len(one.attempt.objectives) == 2
        assert (one.attempt.seen, one.attempt.exhausted) == (0, False)
    refused = testing.start(session, person.learner.actor, person.id, "test", MONDAY + 4 * HOUR)
    assert refused == Refusal(("All 3 attempts are used.",), participation_only=True)


def test_what_was_met_in_practice_is_avoided_until_nothing_else_is_left_and_the_record_says_so(
    session: Session,
) -> None:
    activity = offered(session, each=2)
    person = Participant.new(session, activity)
    body = body_of(session, each=2)
    first = [one["content_id"] for one in body["questions"]][::2]
    with writing(session):
        session.execute(sa.update(table(Item)).where(Item.content_id.in_(first)).values(pool="practice"))
        session.execute(sa.update(table(Item)).where(Item.content_id.not_in(first)).values(pool="secure"))
    practised = person.learner.start(size=2)
    person.learner.work_through(practised)
    sitting_id = person.sit(MONDAY + HOUR, right=False)
    assert set(person.items(sitting_id)) == {one["content_id"] for one in body["questions"]} - set(first)
    again = person.sit(MONDAY + 2 * HOUR)
    assert session.scalars(sa.select(Sitting.plan).where(Sitting.id == again)).one()["exhausted"] is True
    taken = claiming.get_taken(session, person.id)
    assert (taken.sat[1].attempt.seen, taken.sat[1].attempt.exhausted) == (2, True)
    assert taken.passed_at is not None, "the pool is exhausted, and the record says so"


def test_a_pass_with_questions_met_before_is_none_while_others_are_left(session: Session) -> None:
    """As after two tests at once of activities that share questions."""
    activity, other = offered(session), offered(session)
    person = Participant.new(session, activity)
    twin = Participant.new(session, other, learner=person.learner)
    first, second = person.begin(), twin.begin()
    shared = set(person.items(first)) & set(twin.items(second))
    with writing(session):
        session.execute(
            sa.text("UPDATE presentation SET content_id = a.content_id, version_id = a.version_id, layout = a.layout "
                    "FROM presentation AS a WHERE a.sitting_id = :one AND presentation.sitting_id = :two "
                    "AND a.position = presentation.position"),
            {"one": first, "two": second},
        )  # fmt: skip
    for one in (person, twin):
        one.sit(MONDAY + HOUR)
    held = claiming.get_taken(session, twin.id)
    terms = claiming.untested_terms(session, other.version_id)
    result = feedback.get_result(session, twin.learner.actor, second, MONDAY + 2 * HOUR)
    assert shared is not None
    assert held.passed_at is None
    assert result.shortfalls == ("You had met 2 of its questions before, so it proves too little.",)
    assert state(terms, held.core, MONDAY + 2 * HOUR) is State.IN_PROGRESS


def test_a_pass_that_leaves_an_objective_out_is_none(session: Session) -> None:
    activity = offered(session)
    person = Participant.new(session, activity)
    sitting_id = person.begin()
    with writing(session):
        session.execute(sa.text("DELETE FROM presentation WHERE sitting_id = :id AND position = 1"), {"id": sitting_id})
    person.sit(MONDAY)
    result = feedback.get_result(session, person.learner.actor, sitting_id, MONDAY + HOUR)
    assert result.shortfalls == ("The test left out 1 of 2 objectives, so it proves too little.",)
    assert claiming.get_taken(session, person.id).passed_at is None


def test_too_few_marks_are_told_with_what_remains(session: Session) -> None:
    person = Participant.new(session, offered(session))
    sitting_id = person.sit(MONDAY, right=False)
    result = feedback.get_result(session, person.learner.actor, sitting_id, MONDAY + 4 * MINUTE)
    assert result.shortfalls == ("0 of 2 marks are fewer than the 70\N{NO-BREAK SPACE}% announced.",)
    assert (result.passed, result.attempts_left) == (False, 1)
    assert result.next_refusal == "The next attempt opens 29 minutes from now."
    refused = testing.start(session, person.learner.actor, person.id, "test", MONDAY + 5 * MINUTE)
    assert isinstance(refused, Refusal)
    person.sit(MONDAY + HOUR)
    refused = testing.start(session, person.learner.actor, person.id, "test", MONDAY + 2 * HOUR)
    assert refused == Refusal(("You have passed already. What remains is the evaluation and your claim.",))


def test_each_question_of_a_result_has_its_reason_reference_and_peers_from_ten_on(session: Session) -> None:
    person = Participant.new(session, offered(session))
    sitting_id = person.sit(MONDAY, right=False)
    told = feedback.get_result(session, person.learner.actor, sitting_id, MONDAY + HOUR).rows
    assert [one.verdict for one in told] == ["not_right", "not_right"]
    assert all(one.take_home and one.sources for one in told)
    assert [one.peers for one in told] == [None, None]
    with writing(session):
        session.execute(sa.update(table(ItemStat)).where(ItemStat.answer_class == ALL).values(answers=9, right=5))
    assert feedback.get_result(session, person.learner.actor, sitting_id, MONDAY).rows[0].peers is None
    with writing(session):
        session.execute(sa.update(table(ItemStat)).where(ItemStat.answer_class == ALL).values(answers=10, right=5))
    assert feedback.get_result(session, person.learner.actor, sitting_id, MONDAY).rows[0].peers == (10, 50)
    with pytest.raises(LookupError):
        feedback.get_result(session, Learner.new(session).actor, sitting_id, MONDAY)


def test_who_passes_before_enough_have_answered_is_told_by_mail_once_each_question_can_be_compared(
    session: Session,
) -> None:
    person = Participant.new(session, offered(session, fewest_peers=12))
    sitting_id = person.sit(MONDAY)
    assert feedback.get_result(session, person.learner.actor, sitting_id, MONDAY + HOUR).awaits_peers
    first, second = person.items(sitting_id)
    sent = []
    for answers in ({first: 12, second: 11}, {first: 12, second: 12}, {first: 13, second: 13}):
        let_answer(session, answers)
        sent += [reminding.remind(session, MONDAY + (len(sent) + 1) * 8 * DAY, "")]
    assert sent == [0, 1, 0], "told once, when the last question has enough"
    mail = session.execute(sa.select(Outbox.recipient, Outbox.subject, Outbox.body)).one()
    assert (mail.recipient, mail.subject) == (person.learner.actor.email, "Credit: how others answered")
    assert "enough others have answered by now. The result of your test shows how they did." in mail.body
    assert not feedback.get_result(session, person.learner.actor, sitting_id, MONDAY + HOUR).awaits_peers
    let_answer(session, {})
    with writing(session):
        session.execute(sa.update(Participation).values(peers_awaited=False))
    shown = feedback.get_result(session, person.learner.actor, sitting_id, MONDAY + HOUR)
    assert (shown.rows[0].peers, shown.awaits_peers) == (None, False), "no mail is promised that will not be sent"


def test_who_fails_or_can_compare_at_once_or_wants_no_mail_is_not_told_how_others_answered(session: Session) -> None:
    activity = offered(session, each=2)
    failed, unwilling = Participant.new(session, activity), Participant.new(session, activity)
    failing = failed.sit(MONDAY, right=False)
    assert not feedback.get_result(session, failed.learner.actor, failing, MONDAY + HOUR).awaits_peers
    unwilling.sit(MONDAY)
    off = Choices(preferences=Preferences(credit_reminders=False))
    accounts.save_settings(session, unwilling.learner.actor.id, off, "", MONDAY)
    asked = {one["content_id"]: 10 for one in body_of(session, each=2)["questions"]}
    let_answer(session, asked)
    late = Participant.new(session, activity)
    late.sit(MONDAY)
    awaited = dict(session.execute(sa.select(Participation.id, Participation.peers_awaited)).all())
    assert awaited == {failed.id: False, unwilling.id: True, late.id: False}
    assert reminding.remind(session, MONDAY + 8 * DAY, "") == 0


def test_a_result_asks_the_database_as_often_for_two_questions_as_for_six(session: Session) -> None:
    few, many = offered(session), offered(session, a_test=6)
    counts = []
    for activity in (few, many):
        person = Participant.new(session, activity)
        sitting_id = person.sit(MONDAY)
        feedback.get_result(session, person.learner.actor, sitting_id, MONDAY + HOUR)
        session.rollback()
        with counted(session.get_bind()) as statements:
            feedback.get_result(session, person.learner.actor, sitting_id, MONDAY + HOUR)
        counts.append(len(statements))
    assert counts[0] == counts[1]


def test_what_is_asked_before_the_lesson_spares_the_test_and_tells_nothing_before_it(session: Session) -> None:
    activity = offered(session, pretest=True)
    person = Participant.new(session, activity)
    before = person.sit(MONDAY, purpose="before")
    held = feedback.get_result(session, person.learner.actor, before, MONDAY + HOUR)
    assert (held.released, held.rows) == (False, ())
    refused = testing.start(session, person.learner.actor, person.id, "before", MONDAY + HOUR)
    assert isinstance(refused, Refusal)
    test = person.sit(MONDAY + HOUR)
    assert not set(person.items(before)) & set(person.items(test))
    assert feedback.get_result(session, person.learner.actor, before, MONDAY + 2 * HOUR).released
    assert len(claiming.get_taken(session, person.id).core.attempts) == 1, "it is no attempt"
    late = Participant.new(session, offered(session, pretest=True))
    late.begin()
    assert isinstance(testing.start(session, late.learner.actor, late.id, "before", MONDAY), Refusal)


def test_questions_that_were_withdrawn_are_not_asked(session: Session) -> None:
    activity = offered(session, each=1)
    person = Participant.new(session, activity)
    item = body_of(session, each=1)["questions"][0]["content_id"]
    with writing(session):
        session.execute(sa.text("DELETE FROM published WHERE content_id = :id"), {"id": item})
    assert testing.start(session, person.learner.actor, person.id, "test", MONDAY) == testing.EMPTY_POOL


def test_an_open_test_ends_with_the_activity_and_the_work_closes_it(session: Session) -> None:
    person = Participant.new(session, offered(session))
    sitting_id = person.begin(MONDAY)
    expires = MONDAY + 300 * DAY
    assert session.scalars(sa.select(Sitting.deadline).where(Sitting.id == sitting_id)).one() == expires
    assert examining.close_expired(session, expires + HOUR) == 1
    assert claiming.get_taken(session, person.id).sat[0].attempt.closed is not None
    assert testing.start(session, person.learner.actor, person.id, "test", expires + HOUR) == Refusal(
        ("This activity has expired. Nobody can take part after that, and it cannot be reopened.",)
    )


@pytest.mark.parametrize(
    ("quarters", "minutes", "now", "sentence"),
    [
        (0, 60, MONDAY + 3 * HOUR, "Claim more than no credit at all."),
        (-1, 60, MONDAY + 3 * HOUR, "Claim more than no credit at all."),
        (5, 90, MONDAY + 3 * HOUR, "This activity was designated for at most 1 credit."),
        (4, 45, MONDAY + 3 * HOUR, "1 credit stands for 60 minutes; you said it took 45."),
        (4, 60, MONDAY + 400 * DAY, TOO_LATE),
    ],
)
def test_a_claim_is_refused_with_its_reason(
    session: Session, quarters: int, minutes: int, now: dt.datetime, sentence: str
) -> None:
    person = Participant.new(session, offered(session))
    person.sit(MONDAY)
    finish(session, person, MONDAY + 2 * HOUR, minutes)
    assert claimed(session, person, quarters, now) == Refusal((sentence,))


def test_a_claim_off_the_step_of_its_system_is_refused(session: Session) -> None:
    person = Participant.new(session, offered(session, step=2))
    person.sit(MONDAY)
    finish(session, person, MONDAY + 2 * HOUR)
    assert claimed(session, person, 3, MONDAY + 3 * HOUR) == Refusal(("Credit is claimed in steps of 0.5.",))


def test_who_wrote_or_reviewed_an_activity_gets_no_credit_for_it(session: Session) -> None:
    activity = offered(session)
    author = Learner.new(session)
    with writing(session):
        session.execute(
            sa.insert(table(InControl)),
            {
                "activity_id": activity.activity_id,
                "user_id": author.actor.id,
                "name": "A",
                "email": "",
                "role": "author",
            },
        )
    person = Participant.new(session, activity, learner=author)
    person.sit(MONDAY)
    finish(session, person, MONDAY + 2 * HOUR)
    assert claimed(session, person, 2, MONDAY + 3 * HOUR) == Refusal(
        ("You wrote or reviewed this activity, and its provider gives no credit for one’s own.",)
    )
    wrote = offered(session)
    with writing(session):
        session.execute(
            sa.text("UPDATE content_version SET author_id = :who WHERE id = :id"),
            {"who": author.actor.id, "id": body_of(session)["questions"][0]["version_id"]},
        )
    second = Participant.new(session, wrote, learner=author)
    assert session.scalars(sa.select(Participation.in_control).where(Participation.id == second.id)).one()


def test_time_is_attested_within_what_can_be(session: Session) -> None:
    person = Participant.new(session, offered(session))
    actor = person.learner.actor
    person.sit(MONDAY)
    evaluating.evaluate(session, actor, person.id, ANSWERS, MONDAY + HOUR)
    for minutes, sentence in ((0, "at least one"), (-5, "at least one"), (91, "You enrolled 90 minutes ago")):
        with pytest.raises(Unfit, match=sentence):
            evaluating.attest(session, actor, person.id, minutes, MONDAY + 90 * MINUTE)
    for minutes in (90, 30, 30):
        evaluating.attest(session, actor, person.id, minutes, MONDAY + 90 * MINUTE)
    attested = session.scalars(sa.select(AuditEvent.deed)).all().count("attest time")
    assert attested == 2, "the same minutes again are no deed"
    assert claiming.participation_of(session, person.id).attested_minutes == 30
    assert claimed(session, person, 2, MONDAY + 2 * HOUR) == Award(2)
    with pytest.raises(evaluating.NotYet, match="claimed credit already"):
        evaluating.attest(session, actor, person.id, 60, MONDAY + 2 * HOUR)


def test_an_evaluation_asks_for_what_it_needs_and_the_first_stands(session: Session) -> None:
    person = Participant.new(session, offered(session))
    actor = person.learner.actor
    person.sit(MONDAY)
    with pytest.raises(Unfit) as refused:
        evaluating.evaluate(session, actor, person.id, {"bias": "yes", "objectives": "perhaps"}, MONDAY + HOUR)
    assert set(refused.value.problems) == {"objectives", "change", "bias_where"}
    evaluating.evaluate(session, actor, person.id, ANSWERS | {"unasked": "x"}, MONDAY + HOUR)
    evaluating.evaluate(session, actor, person.id, {**ANSWERS, "change": "Nothing."}, MONDAY + HOUR)
    assert evaluating.find_answers(session, person.id) == ANSWERS


def test_heartbeats_count_the_time_somebody_is_busy_and_no_second_twice(session: Session) -> None:
    person = Participant.new(session, offered(session))

    def beat(seconds: int, place: str = "lesson", *, measured: bool = True) -> int:
        at = MONDAY + dt.timedelta(seconds=seconds)
        return engaging.beat(session, person.learner.actor, person.id, place, at, measured=measured)

    assert [beat(0), beat(30), beat(60)] == [0, 30, 60]
    assert beat(60) == 60, "a beat sent again counts nothing"
    assert beat(75, "test") == 15, "another tab counts only what is left"
    assert beat(90) == 75
    assert beat(20) == 75, "a clock set back counts nothing"
    assert beat(90 + 65) == 140, "one beat may be lost"
    assert beat(90 + 65 + 66) == 140, "after a longer silence nobody was busy"
    assert beat(1_000, measured=False) == 740, "without a script a pause counts ten minutes at most"
    assert beat(1_100, measured=False) == 840
    assert claiming.participation_of(session, person.id).engaged_seconds == 855
    for at in (MONDAY - 100 * DAY, MONDAY + 400 * DAY):
        assert engaging.beat(session, person.learner.actor, person.id, "lesson", at) == 840, "outside the dates nothing"
    with pytest.raises(LookupError):
        engaging.beat(session, Learner.new(session).actor, person.id, "lesson", MONDAY)
    with pytest.raises(LookupError):
        beat(2_000, "elsewhere")


def test_the_time_of_a_test_is_told_by_its_answers_where_no_heartbeat_told_it(session: Session) -> None:
    person = Participant.new(session, offered(session))
    person.sit(MONDAY)
    seconds = sa.select(Engagement.seconds).where(Engagement.place == "test")
    assert session.scalars(seconds).one() == 180, "until it was handed in"
    measured = Participant.new(session, offered(session))
    sitting_id = measured.begin(MONDAY)
    engaging.beat(session, measured.learner.actor, measured.id, "test", MONDAY + 10 * MINUTE)
    examining.hand_in(session, measured.learner.actor, sitting_id, MONDAY + HOUR)
    assert session.scalars(seconds.where(Engagement.participation_id == measured.id)).one() == 0


def test_a_block_is_answered_one_by_one_and_passed_at_its_end(session: Session) -> None:
    activity = offered(session, kind="block", a_test=6, attempts=1, cool_down_minutes=0)
    person = Participant.new(session, activity)
    sitting_id = person.begin()
    assert person.learner.question(sitting_id).mode.name == "quarter"
    assert person.learner.work_through(sitting_id, MONDAY + MINUTE) == 6
    taken = claiming.get_taken(session, person.id)
    assert taken.passed_at == MONDAY + MINUTE
    assert taken.sat[0].attempt.earned == taken.sat[0].attempt.possible == 6


def test_a_block_asks_each_question_in_the_version_that_was_designated(session: Session) -> None:
    """Whatever is published while it is open, and also for a question that waited over night or whose key changed."""
    activity = offered(session, kind="block", a_test=6, attempts=1, cool_down_minutes=0)
    person = Participant.new(session, activity)
    edition = activities.get_edition(session, activity.version_id)
    designated = {one.content_id: one.version_id for one in edition.questions}
    sitting_id = person.begin()
    newer = [supersede(session, "item", one.slug) for one in edition.questions]
    with writing(session):
        session.execute(sa.update(table(ContentVersion)).where(ContentVersion.id.in_(newer)).values(line=2))
    waiting = person.learner.question(sitting_id)
    assert waiting.state == "open", "another key for others makes no designated question stale"
    assert person.learner.question(sitting_id, now=MONDAY + DAY).state == "stale"
    asking.renew(session, person.learner.actor, waiting.presentation_id, MONDAY + DAY)
    assert person.learner.work_through(sitting_id, MONDAY + DAY) == 6
    asked = session.execute(
        sa.select(Presentation.content_id, Presentation.version_id).where(Presentation.sitting_id == sitting_id)
    ).all()
    assert len(asked) == 7, "six, and the one that waited"
    assert {(row.content_id, row.version_id) for row in asked} == set(designated.items())


def test_a_later_key_never_takes_a_pass_away(session: Session) -> None:
    person = Participant.new(session, offered(session))
    sitting_id = person.sit(MONDAY)
    publication = session.scalars(sa.text("SELECT id FROM publication")).first()
    with writing(session):
        session.execute(
            sa.text("INSERT INTO regrade (response_id, publication_id, earned, possible, evidence, at) "
                    "SELECT r.id, :publication, 0, 1, :no, r.at FROM response AS r"),
            {"publication": publication, "no": False},
        )  # fmt: skip
    result = feedback.get_result(session, person.learner.actor, sitting_id, MONDAY + HOUR)
    assert (result.earned, result.possible, result.passed) == (2, 2, True)


def test_begun_is_a_value(session: Session) -> None:
    person = Participant.new(session, offered(session))
    assert testing.start(session, person.learner.actor, person.id, "test", MONDAY) == Begun(person.begin())
    assert asking.NOTHING == {"assignment_id": None}


def test_a_case_is_asked_as_exams_ask_it_and_each_part_samples_its_objective(session: Session) -> None:
    """Its parts open one after the other; one that is left empty earns nothing."""
    case = session.execute(
        sa.text("SELECT c.slug, i.content_id, p.version_id FROM item i JOIN content c ON c.id = i.content_id "
                "JOIN published p ON p.content_id = i.content_id WHERE i.type = 'case' ORDER BY i.content_id")
    ).first()  # fmt: skip
    assert case is not None
    version = get_version(session, case.version_id)
    aims = sorted({part.objective for part in version.parts})
    ids = get_content_ids(session, "objective", aims)
    asked = {"slug": case.slug, "content_id": case.content_id, "version_id": case.version_id, "signed_by": ""}
    own = {
        "objectives": [{"slug": aims[0], "content_id": ids[aims[0]], "statement": f"meet {aims[0]}"}],
        "questions": [asked | {"objective": aims[0]}],
        "a_test": 1,
    }
    activity = Designated.new(session, maximum=4, **(body_of(session) | own))
    person = Participant.new(session, activity)
    sitting_id = person.begin()
    first = person.learner.question(sitting_id)
    assert (first.part_number, first.part_total) == (1, len(version.parts))
    with pytest.raises(OutOfTurn):
        examining.save(
            session, person.learner.actor, first.presentation_id,
            Submission(version.parts[-1].id, {"choice": ["1"]}), fix=False, now=MONDAY,
        )  # fmt: skip
    examining.hand_in(session, person.learner.actor, sitting_id, MONDAY + MINUTE)
    attempt = claiming.get_taken(session, person.id).sat[0].attempt
    assert attempt.objectives == frozenset(aims)
    assert (attempt.earned, attempt.possible >= len(version.parts)) == (0, True)
    told = feedback.get_result(session, person.learner.actor, sitting_id, MONDAY + HOUR).rows
    assert [one.part for one in told] == [part.id for part in version.parts]
    assert {one.verdict for one in told} == {"empty"}
