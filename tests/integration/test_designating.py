"""Publishing an activity: what is missing is named, what was published is never written again, and by whom."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session, sessionmaker

from quizapp.core.credit.front_matter import ELEMENTS
from quizapp.core.preferences import Unfit
from quizapp.db.extension import db
from quizapp.db.models import ActivityVersion, AuditEvent, Designation, InControl, Item, Outbox, table
from quizapp.db.session import writing
from quizapp.services import versions
from quizapp.services.accounts import Actor
from quizapp.services.content import reading
from quizapp.services.crediting import activities, designating, disclosing, drafting, in_control, providers, stock
from quizapp.services.crediting.checking import AS_WRITTEN
from quizapp.services.crediting.designating import Unpublishable
from quizapp.services.crediting.disclosing import Disclosed, StaleDisclosure
from quizapp.services.crediting.drafting import Draft, StaleDraft
from quizapp.services.crediting.providers import ProviderText, SystemText
from tests.integration.conftest import ONCE
from tests.integration.credited import coordinator
from tests.integration.learners import MONDAY, Learner
from tests.integration.studio import supersede
from tests.statements import counted

pytestmark = pytest.mark.usefixtures("content")

TODAY = MONDAY.date()
OURS = ProviderText(
    name="Institute of Examples",
    zone="Europe/Vienna",
    contact="cme@example.org",
    accreditation_statement="{provider} is accredited by nobody; with {joint_provider}.",
    exclusion="No owner or employee of an ineligible company had a part in it.",
    privacy="What is kept, and for how long.",
)
SAMPLE = SystemText(
    unit="sample credits",
    professions=("physician",),
    designated=False,
    designation_statement="{provider} counts this {format} as at most {maximum} {unit}.",
    claim_statement="I claim {claimed} {unit}.",
)
CREDIT = replace(SAMPLE, unit="*Example Credit*™", designated=True, report_format="pars")


@dataclass
class Desk:
    """A coordinator with an activity that lacks nothing."""

    session: Session
    actor: Actor
    activity_id: int
    revision: int
    person: int

    def change(self, **changes: Any) -> None:
        held = drafting.get_drafted(self.session, self.actor, self.activity_id)
        self.revision = drafting.save(
            self.session,
            self.actor,
            self.activity_id,
            replace(held.draft, **changes),
            based_on=held.revision,
            now=MONDAY,
        )

    def publish(self, now: dt.datetime = MONDAY) -> int:
        return designating.publish(self.session, self.actor, self.activity_id, based_on=self.revision, now=now)

    def refused(self) -> list[tuple[str, str]]:
        with pytest.raises(Unpublishable) as refusal:
            self.publish()
        assert not designating.list_editions(self.session, self.activity_id)
        return [(one.element, one.sentence) for one in refusal.value.problems]


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    with app.app_context():
        yield db.session()


@pytest.fixture
def desk(session: Session) -> Desk:
    actor = coordinator(session)
    providers.save_provider(session, actor, "examples", OURS, based_on=0, now=MONDAY)
    providers.save_system(session, actor, "sample", SAMPLE, based_on=0, now=MONDAY)
    providers.save_system(session, actor, "credit", CREDIT, based_on=0, now=MONDAY)
    activity_id = drafting.begin(session, actor, "lesson", "How NaSSAs act", MONDAY)
    person = in_control.name_person(
        session,
        actor,
        activity_id,
        name="Dr. Ada Osei",
        email="ada@example.org",
        role="author",
        began=TODAY,
        now=MONDAY,
    )
    disclosing.disclose(session, actor, person, Disclosed(()), MONDAY)
    made = Desk(session, actor, activity_id, 1, person)
    held = stock.get_stock(session)
    made.change(
        provider="examples",
        joint_provider="none",
        audience="Psychiatrists",
        practice_gap="A gap.",
        need="competence",
        intended_change="A change.",
        why_this_format="A reason.",
        competencies="Patient care",
        lesson="nassa-mechanism",
        objectives=("LN1", "LN2"),
        questions=tuple(one.slug for name in ("LN1", "LN2") for one in held.of_objective(name)),
        a_test=2,
        minutes=60,
        method="Read and be asked.",
        minimum_percent=70,
        attempts=2,
        cool_down_minutes=60,
        systems={"sample": 4},
        released=TODAY,
        expires=dt.date(2028, 11, 23),
        claim_until=dt.date(2028, 12, 23),
        validity_reviewer="Dr. Ben Iroko",
        validity_reviewed_on=TODAY,
        commercial_support="none",
        bibliography=("A reference",),
    )
    return made


def test_an_activity_is_published_once_however_often_one_clicks(desk: Desk) -> None:
    version_id = desk.publish()
    assert desk.publish() == version_id
    assert desk.publish(MONDAY + dt.timedelta(days=3)) == version_id
    edition = activities.get_edition(desk.session, version_id)
    assert (edition.number, edition.kind, edition.slug) == (1, "lesson", "how-nassas-act")
    assert edition.released == dt.datetime(2026, 11, 22, 23, tzinfo=dt.UTC), "midnight in Vienna"
    assert edition.expires == dt.datetime(2028, 11, 23, 22, 59, 59, tzinfo=dt.UTC)
    assert edition.claim_until == dt.datetime(2028, 12, 23, 22, 59, 59, tzinfo=dt.UTC)
    (system,) = edition.systems
    assert (
        system.designation_statement
        == "Institute of Examples counts this enduring material as at most 1 sample credits."
    )
    assert system.claim_statement == "I claim {claimed} sample credits."
    assert edition.front.accreditation_statement == "Institute of Examples is accredited by nobody; with none."
    assert edition.front.in_control[0].relationships == ()
    assert not edition.credit_designated
    assert edition.lesson is not None
    held = stock.get_stock(desk.session)
    assert edition.lesson.version_id == held.lessons["nassa-mechanism"].id
    assert {one.slug: one.version_id for one in edition.questions} == {
        one.slug: one.version_id for name in ("LN1", "LN2") for one in held.of_objective(name)
    }
    deeds = desk.session.scalars(sa.select(AuditEvent.deed)).all()
    assert deeds.count("publish activity") == 1
    assert desk.session.scalars(sa.select(Designation.maximum)).all() == [4]


REMOVE: dict[str, Callable[[Desk], None]] = {
    "provider": lambda desk: desk.change(provider=""),
    "maximum": lambda desk: desk.change(systems={}),
    "objectives": lambda desk: desk.change(objectives=()),
    "questions": lambda desk: desk.change(questions=()),
    "in_control": lambda desk: in_control.end_person(desk.session, desk.actor, desk.person, MONDAY),
    "designation_statement": lambda desk: _rewrite_system(desk, designation_statement=""),
    **{
        name: lambda desk, name=name: _rewrite_provider(desk, **{name: ""})  # type: ignore[misc]
        for name in ("accreditation_statement", "exclusion", "contact", "privacy")
    },
    **{name: lambda desk, name=name: desk.change(**{name: None}) for name in drafting.DAYS},  # type: ignore[misc]
    **{
        name: lambda desk, name=name: desk.change(**{name: type(getattr(Draft(), name))()})  # type: ignore[misc]
        for name in (
            "title", "joint_provider", "audience", "practice_gap", "need", "intended_change", "why_this_format",
            "competencies", "minutes", "method", "minimum_percent", "attempts", "validity_reviewer",
            "commercial_support", "bibliography",
        )
    },
}  # fmt: skip


def _rewrite_provider(desk: Desk, **changes: Any) -> None:
    administrator = replace(desk.actor, roles=frozenset({"administrator"}))
    providers.save_provider(desk.session, administrator, "examples", replace(OURS, **changes), based_on=1, now=MONDAY)


def _rewrite_system(desk: Desk, **changes: Any) -> None:
    providers.save_system(desk.session, desk.actor, "sample", replace(SAMPLE, **changes), based_on=1, now=MONDAY)


@ONCE
@pytest.mark.parametrize("element", ELEMENTS)
def test_without_an_element_nothing_is_published_and_it_is_named(desk: Desk, element: str) -> None:
    REMOVE[element](desk)
    assert (element, f"Missing: {ELEMENTS[element]}.") in desk.refused()


@ONCE
@pytest.mark.parametrize(
    ("change", "element", "told"),
    [
        ({"claim_until": None}, "claim_until", "Missing: last day for claiming."),
        ({"claim_until": dt.date(2028, 11, 22)}, "claim_until", "Claiming ends before"),
        ({"released": dt.date(2026, 11, 22)}, "released", "never for what was done before"),
        ({"expires": dt.date(2029, 11, 24)}, "expires", "more than 3 years"),
        ({"lesson": ""}, "lesson", "Missing: the lesson."),
        ({"lesson": "no-such"}, "lesson", "“no-such” is not published"),
        ({"objectives": ("LN1", "LN2", "LN99")}, "objectives", "“LN99” is not published"),
        ({"objectives": ("LN1", "LN2", "LN3"), "a_test": 3}, "questions", "No question of the test samples"),
        ({"objectives": ("LN1",)}, "questions", "tests none of the objectives"),
        (
            {"questions": ("nassa-001", "nassa-025", "nassa-028")},
            "questions",
            "nassa-001 is not published in",
        ),
        ({"systems": {"gone": 4}}, "maximum", "no system of credit “gone”"),
        (
            {"systems": {"credit": 4}},
            "maximum",
            "Institute of Examples is not marked as accredited",
        ),
        ({"systems": {"credit": 4}}, "questions", "has no clinician’s signature for this version"),
        ({"minutes": 59}, "maximum", "stands for 60 minutes"),
        ({"board_label": "Self-assessment"}, "board_reference", "Missing: the reference of the board’s approval"),
        ({"board_label": "Self-assessment"}, "board_label", "only beside credit that is designated"),
        ({"a_test": 1}, "a_test", "cannot sample each"),
        ({"a_test": 5}, "a_test", "there are 4"),
    ],
)
def test_what_breaks_a_rule_is_refused_in_a_sentence(
    desk: Desk, change: dict[str, Any], element: str, told: str
) -> None:
    desk.change(**change)
    assert any(where == element and told in sentence for where, sentence in desk.refused())


def test_designated_credit_needs_the_signature_of_each_question_and_evidence_that_holds(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    _rewrite_provider(desk, accredited=True)
    desk.change(systems={"credit": 4})
    unsigned = [sentence for element, sentence in desk.refused() if element == "questions"]
    assert len(unsigned) == 4
    real = stock.get_stock

    def signed(session: Session, **more: Any) -> stock.Stock:
        held = real(session, **more)
        questions = {slug: replace(one, signed_by="Dr. C") for slug, one in held.questions.items()}
        return replace(held, questions=questions, unfit={"nassa-025": ["N22 is Low", "no clinician has signed it"]})

    monkeypatch.setattr(designating, "get_stock", signed)
    assert desk.refused() == [("questions", "The question nassa-025 may not be graded: N22 is Low.")]
    desk.change(questions=tuple(one for one in _draft(desk).questions if one != "nassa-025"))
    edition = activities.get_edition(desk.session, desk.publish())
    assert edition.credit_designated
    assert {one.signed_by for one in edition.questions} == {"Dr. C"}


def _draft(desk: Desk) -> Draft:
    return drafting.get_drafted(desk.session, desk.actor, desk.activity_id).draft


def test_what_is_disclosed_must_be_mitigated_before_the_role_began(desk: Desk) -> None:
    session, actor, person = desk.session, desk.actor, desk.person
    told = Disclosed(("Speaker for Company X",))
    disclosing.disclose(session, actor, person, told, MONDAY)
    assert desk.refused() == [("in_control", "What Dr. Ada Osei discloses has not been mitigated.")]
    late = replace(told, mitigation="Peer review", mitigated_on=TODAY + dt.timedelta(days=1))
    disclosing.disclose(session, actor, person, late, MONDAY)
    ((element, sentence),) = desk.refused()
    assert element == "in_control"
    assert "dated 24 November 2026, after the role began on 23 November 2026" in sentence
    disclosing.disclose(session, actor, person, replace(late, employed=True, mitigated_on=TODAY), MONDAY)
    assert "must not control content" in desk.refused()[0][1]
    disclosing.disclose(session, actor, person, replace(late, mitigated_on=TODAY), MONDAY)
    edition = activities.get_edition(session, desk.publish())
    assert edition.front.in_control[0].relationships == ("Speaker for Company X",)
    # What is disclosed later concerns the next edition alone.
    disclosing.disclose(session, actor, person, Disclosed(()), MONDAY)
    assert activities.get_edition(session, edition.id) == edition


def test_a_published_edition_stays_whatever_is_changed_afterwards(desk: Desk) -> None:
    first = activities.get_edition(desk.session, desk.publish())
    learner = Learner.new(desk.session)
    desk.change(title="How NaSSAs act, again", minimum_percent=80)
    _rewrite_provider(desk, name="Academy of Examples")
    _rewrite_system(desk, step=2)
    with writing(desk.session):
        desk.session.execute(sa.update(table(Item)).values(pool="practice"))
    assert activities.get_edition(desk.session, first.id) == first
    with writing(desk.session):
        desk.session.execute(sa.update(table(Item)).values(pool="secure"))
    second = activities.get_edition(desk.session, desk.publish())
    assert (second.number, second.minimum_percent, second.front.provider) == (2, 80, "Academy of Examples")
    assert activities.get_edition(desk.session, first.id) == first
    assert activities.find_newest(desk.session, "how-nassas-act") == second.id
    offered = activities.list_offered(desk.session, learner.actor.id, MONDAY)
    assert [one.title for one in offered] == ["How NaSSAs act, again"]


def test_an_edition_keeps_the_lesson_of_its_day_with_all_that_it_shows_and_cites(desk: Desk) -> None:
    session = desk.session

    def differs() -> bool:
        return designating.list_own(session, desk.actor, MONDAY)[0].differs

    first = activities.get_edition(session, desk.publish())
    assert first.designated_on == TODAY
    assert first.lesson
    lesson = versions.published(session, "lesson")["nassa-mechanism"]
    shown = reading.get_lesson(session, lesson.slug)
    figure = next(part.figure.id for section in shown.sections for part in section.parts if part.figure)
    beside = [("figure", figure), ("reference", shown.references[0].id), ("objective", shown.objectives[0].id)]
    for kind, slug in beside:
        assert versions.published(session, kind)[slug].id in first.lesson.beside
    fact = next(iter(first.lesson.facts))
    assert f"@{fact}" in lesson.body["body"]
    supersede(session, "fact", fact, last_checked="2026-11-24")
    assert not differs(), "looked at again it says the same"
    for kind, slug, changed in [
        ("lesson", lesson.slug, {"summary": "Another."}),
        *((*one, {"note": "another version"}) for one in beside),
        ("fact", fact, {"statement": "Something else."}),
        ("fact", fact, {"statement": "Something else.", "certainty": "Disputed"}),
    ]:
        now = supersede(session, kind, slug, **changed)
        assert differs(), (kind, slug)
        again = activities.get_edition(session, desk.publish())
        assert again.lesson
        assert kind == "fact" or now in (again.lesson.version_id, *again.lesson.beside)
        assert not differs()
    assert activities.get_edition(session, first.id) == first


def test_the_days_are_those_of_the_provider(desk: Desk) -> None:
    late = dt.datetime(2026, 11, 23, 23, 30, tzinfo=dt.UTC)  # the 24th in Vienna
    with pytest.raises(Unpublishable, match="never for what was done before"):
        desk.publish(late)
    early = dt.datetime(2026, 11, 22, 23, 30, tzinfo=dt.UTC)  # the 23rd in Vienna
    assert desk.publish(early)


def test_a_block_asks_all_of_its_questions_in_its_quarter_and_none_that_give_each_other_away(
    session: Session, desk: Desk
) -> None:
    block = drafting.begin(session, desk.actor, "block", "A quarter", MONDAY)
    person = in_control.name_person(
        session, desk.actor, block, name="Dr. Ada Osei", email="", role="author", began=TODAY, now=MONDAY
    )
    disclosing.disclose(session, desk.actor, person, Disclosed(()), MONDAY)
    other = Desk(session, desk.actor, block, 1, person)
    taken_over = {*AS_WRITTEN, "provider", "systems"} - {"title", "attempts", "expires"}
    frame = {name: getattr(_draft(desk), name) for name in taken_over}
    other.change(
        **frame,
        attempts=1,
        objectives=("LN8", "LN1"),
        questions=("nassa-019", "nassa-047", "nassa-025"),
        quarter="2026-Q4",
        expires=dt.date(2027, 1, 1),
        claim_until=dt.date(2027, 1, 31),
    )
    assert other.refused() == [
        ("quarter", "The block expires in 2027-Q1, not in 2026-Q4."),
        ("questions", "The questions nassa-019 and nassa-047 give each other away; a block asks one of them."),
    ]
    other.change(questions=("nassa-019", "nassa-025"), expires=dt.date(2026, 12, 31), quarter="")
    assert other.refused()[0][0] == "quarter"
    other.change(quarter="2026-Q4")
    edition = activities.get_edition(session, other.publish())
    assert (edition.kind, edition.quarter, edition.a_test, edition.lesson) == ("block", "2026-Q4", 2, None)


def test_a_withdrawn_activity_is_offered_to_nobody_until_it_is_published_anew(desk: Desk) -> None:
    session, actor = desk.session, desk.actor
    with pytest.raises(Unfit, match="nothing to withdraw"):
        designating.withdraw(session, actor, desk.activity_id, "It is outdated.", MONDAY)
    first = desk.publish()
    learner = Learner.new(session).actor.id
    with pytest.raises(Unfit, match="Say why"):
        designating.withdraw(session, actor, desk.activity_id, " ", MONDAY)
    for _ in range(2):
        designating.withdraw(session, actor, desk.activity_id, "It is outdated.", MONDAY)
    assert session.scalars(sa.select(AuditEvent.deed)).all().count("withdraw activity") == 1
    assert activities.list_offered(session, learner, MONDAY) == ()
    assert not activities.get_edition(session, first).is_open(MONDAY)
    assert desk.publish() != first
    assert len(activities.list_offered(session, learner, MONDAY)) == 1


def test_of_two_who_change_a_draft_the_second_is_shown_the_first(desk: Desk) -> None:
    session, actor = desk.session, desk.actor
    mine = replace(_draft(desk), audience="Nurses")
    desk.change(audience="Pharmacists")
    with pytest.raises(StaleDraft) as stale:
        drafting.save(session, actor, desk.activity_id, mine, based_on=desk.revision - 1, now=MONDAY)
    assert stale.value.theirs.draft.audience == "Pharmacists"
    assert mine.changed_from(stale.value.theirs.draft) == ("audience",)
    with pytest.raises(StaleDraft):
        designating.publish(session, actor, desk.activity_id, based_on=desk.revision - 1, now=MONDAY)
    same = drafting.save(session, actor, desk.activity_id, _draft(desk), based_on=0, now=MONDAY)
    assert same == desk.revision, "what is the same is no conflict"


def test_two_who_publish_at_once_publish_one_edition(desk: Desk) -> None:
    engine, found = desk.session.get_bind(), []
    desk.session.rollback()
    ready = threading.Barrier(2)

    def publish() -> None:
        with sessionmaker(engine, autoflush=False)() as own:
            ready.wait()
            found.append(designating.publish(own, desk.actor, desk.activity_id, based_on=desk.revision, now=MONDAY))

    writers = [threading.Thread(target=publish) for _ in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(found) == 2
    assert len(set(found)) == 1
    assert desk.session.scalar(sa.select(sa.func.count()).select_from(ActivityVersion)) == 1


def test_an_activity_of_somebody_else_does_not_exist(desk: Desk) -> None:
    session, stranger = desk.session, coordinator(desk.session)
    deeds: list[Callable[[], Any]] = [
        lambda: drafting.get_drafted(session, stranger, desk.activity_id),
        lambda: drafting.save(session, stranger, desk.activity_id, Draft(), based_on=1, now=MONDAY),
        lambda: designating.publish(session, stranger, desk.activity_id, based_on=desk.revision, now=MONDAY),
        lambda: designating.withdraw(session, stranger, desk.activity_id, "x", MONDAY),
        lambda: disclosing.disclose(session, stranger, desk.person, Disclosed(()), MONDAY),
        lambda: in_control.end_person(session, stranger, desk.person, MONDAY),
        lambda: disclosing.ask(session, stranger, desk.person, str, MONDAY),
        lambda: drafting.add_coordinator(session, stranger, desk.activity_id, stranger.email, MONDAY),
        lambda: disclosing.disclose(session, desk.actor, 0, Disclosed(()), MONDAY),
    ]
    for deed in deeds:
        with pytest.raises(LookupError):
            deed()
    assert drafting.list_drafted(session, stranger) == ()
    administrator = replace(stranger, roles=frozenset({"administrator"}))
    assert len(drafting.list_drafted(session, administrator)) == 1


def test_coordinators_share_an_activity_and_the_last_one_stays(desk: Desk) -> None:
    session, actor, other = desk.session, desk.actor, coordinator(desk.session)
    with pytest.raises(Unfit, match="No coordinator has this address"):
        drafting.add_coordinator(session, actor, desk.activity_id, Learner.new(session).actor.email, MONDAY)
    with pytest.raises(Unfit, match="Somebody must run"):
        drafting.remove_coordinator(session, actor, desk.activity_id, actor.id, MONDAY)
    for _ in range(2):
        drafting.add_coordinator(session, actor, desk.activity_id, other.email.upper(), MONDAY)
    assert len(drafting.list_coordinators(session, desk.activity_id)) == 2
    for _ in range(2):
        drafting.remove_coordinator(session, other, desk.activity_id, actor.id, MONDAY)
    assert [one.id for one in drafting.list_coordinators(session, desk.activity_id)] == [other.id]


def test_a_person_discloses_by_the_link_of_one_mail(desk: Desk) -> None:
    session, actor = desk.session, desk.actor
    for _ in range(2):
        disclosing.ask(session, actor, desk.person, "https://cme.example/disclose/{}".format, MONDAY)
    (mail,) = session.scalars(sa.select(Outbox)).all()
    token = session.scalars(sa.select(InControl.token)).one()
    assert token is not None
    assert f"https://cme.example/disclose/{token}" in mail.body
    assert "24 months" in mail.body
    asked = disclosing.find_asked(session, token)
    assert asked is not None
    assert (asked.person.name, asked.activity) == ("Dr. Ada Osei", "How NaSSAs act")
    told = Disclosed(("  Speaker for  Company X ", ""), mitigation="I did it myself", mitigated_on=TODAY)
    for _ in range(2):
        disclosing.disclose_oneself(session, token, told, MONDAY)
    (person,) = in_control.list_people(session, [desk.activity_id])
    assert (person.relationships, person.mitigation, person.disclosed_by) == (("Speaker for Company X",), "", None)
    # What the provider did about it stays while the relationships do.
    kept = Disclosed(person.relationships or (), mitigation="Peer review", mitigated_on=TODAY)
    disclosing.disclose(session, actor, desk.person, kept, MONDAY)
    disclosing.disclose_oneself(session, token, Disclosed(("Speaker for Company X",)), MONDAY)
    assert in_control.list_people(session, [desk.activity_id])[0].mitigation == "Peer review"
    # Who looked before somebody disclosed does not overwrite it; the same once more changes nothing.
    looked, shares = (
        in_control.get_person(session, actor, desk.person).disclosure_id,
        Disclosed(("Shares of Company Y",)),
    )
    disclosing.disclose_oneself(session, token, shares, MONDAY)
    with pytest.raises(StaleDisclosure) as stale:
        disclosing.disclose(session, actor, desk.person, kept, MONDAY, based_on=looked)
    assert stale.value.person.relationships == shares.relationships
    disclosing.disclose(session, actor, desk.person, shares, MONDAY, based_on=looked)
    assert in_control.list_people(session, [desk.activity_id])[0].disclosed_by is None
    in_control.end_person(session, actor, desk.person, MONDAY)
    assert disclosing.find_asked(session, token) is None
    with pytest.raises(LookupError):
        disclosing.disclose_oneself(session, token, told, MONDAY)
    with pytest.raises(LookupError):
        disclosing.ask(session, actor, desk.person, "{}".format, MONDAY + dt.timedelta(days=2))


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # on SQLite one waits for the other anyway
def test_who_discloses_while_a_coordinator_enters_something_has_the_last_word(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, store = desk.session, disclosing._store
    disclosing.ask(session, desk.actor, desk.person, "{}".format, MONDAY)
    (token,) = session.scalars(sa.select(InControl.token)).all()
    (engine, told) = (session.get_bind(), Disclosed(("Shares of Company Y",)))
    session.rollback()

    def discloses() -> None:
        with sessionmaker(engine, autoflush=False)() as own:
            disclosing.disclose_oneself(own, str(token), told, MONDAY)

    person = threading.Thread(target=discloses)

    def slowly(*of: Any) -> None:
        if of[3] is not None:
            person.start()
            person.join(0.5)
        store(*of)

    monkeypatch.setattr(disclosing, "_store", slowly)
    disclosing.disclose(session, desk.actor, desk.person, Disclosed(("Fees of Company X",)), MONDAY)
    person.join()
    assert in_control.list_people(session, [desk.activity_id])[0].relationships == told.relationships


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "Ada\u202eOsei"}, "name"),
        ({"email": "two@x, one@y"}, "email"),
        ({"role": " "}, "role"),
        ({"role": "x" * 41}, "role"),
        ({"began": dt.date.max}, "began"),
        ({"began": dt.date.min}, "began"),
    ],
)
def test_a_person_who_cannot_be_named_is_refused(desk: Desk, values: dict[str, Any], field: str) -> None:
    given = {"name": "Dr. Ben Iroko", "email": "", "role": "reviewer", "began": TODAY} | values
    with pytest.raises(Unfit) as unfit:
        in_control.name_person(desk.session, desk.actor, desk.activity_id, **given, now=MONDAY)
    assert field in unfit.value.problems


def test_a_draft_keeps_what_is_not_whole_and_refuses_what_cannot_be_kept(desk: Desk) -> None:
    desk.change(title="", need="", minutes=0)
    for change, field in (
        ({"audience": "x" * 4_001}, "audience"),
        ({"minutes": -1}, "minutes"),
        ({"attempts": 21}, "attempts"),
        ({"systems": {"sample": 0}}, "systems"),
        ({"bibliography": ("x",) * 301}, "bibliography"),
        ({"kind": "seminar"}, "kind"),
        ({"kind": "block"}, "kind"),
    ):
        with pytest.raises(Unfit) as unfit:
            desk.change(**change)
        assert list(unfit.value.problems) == [field]


def test_a_title_that_is_taken_gets_a_short_name_of_its_own(desk: Desk) -> None:
    again = drafting.begin(desk.session, desk.actor, "block", "How NaSSAs  act", MONDAY)
    assert drafting.get_drafted(desk.session, desk.actor, again).slug == "how-nassas-act-2"
    greek = drafting.begin(desk.session, desk.actor, "block", "Ψυχή", MONDAY)
    assert drafting.get_drafted(desk.session, desk.actor, greek).slug == "activity"
    with pytest.raises(Unfit):
        drafting.begin(desk.session, desk.actor, "block", " ", MONDAY)


def test_the_list_of_own_activities_says_what_is_missing_and_costs_the_same_for_many(desk: Desk) -> None:
    session, actor = desk.session, desk.actor
    desk.publish()
    drafting.begin(session, actor, "lesson", "Another", MONDAY)

    def look() -> tuple[tuple[designating.Own, ...], int]:
        with counted(session.get_bind().engine) as statements:
            return designating.list_own(session, actor, MONDAY), len(statements)

    (empty, whole), few = look()
    assert (whole.state(MONDAY), whole.problems, whole.differs) == ("open", (), False)
    assert whole.state(MONDAY + dt.timedelta(days=3000)) == "expired"
    assert empty.state(MONDAY) == "draft"
    assert {one.element for one in empty.problems} >= set(ELEMENTS) - {"title"}
    for number in range(3):
        drafting.begin(session, actor, "lesson", f"Number {number}", MONDAY)
    assert look()[1] == few
    desk.change(audience="Nurses")
    assert designating.list_own(session, actor, MONDAY)[-1].differs
