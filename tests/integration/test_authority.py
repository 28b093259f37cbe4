"""Who may do what: every address of the studio, of teaching and of credit, every method, every kind of person.

Another area adds its addresses to `ROWS` and its kinds of people to `people`; an address that stands in no row fails by
name. A refusal is a 404 where somebody has no business knowing that the thing exists, a 403 where a role has no such
page at all. Whoever may, gets anything else: most rows send too little to change something.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from quizapp.core.preferences import Choices
from quizapp.db.extension import db
from quizapp.db.models import (
    Activity,
    ActivityCoordinator,
    ActivityVersion,
    Assignment,
    Challenge,
    CohortMember,
    CohortStaff,
    Comment,
    CreditSystem,
    InControl,
    KeyChange,
    Panel,
    PanelSeat,
    Presentation,
    ProblemReport,
    Provider,
    Publication,
    ReportBatch,
    ReportRow,
    Sitting,
)
from quizapp.db.session import writing
from quizapp.formats import pars
from quizapp.formats.pars import Report
from quizapp.services import annotating
from quizapp.services.accounts import Actor
from quizapp.services.authoring import commenting, drafting, panelling
from quizapp.services.crediting import external, issuing, lessons
from quizapp.services.crediting.external import Typed, Upload
from quizapp.services.crediting.issuing import Press
from quizapp.services.crediting.stock import get_stock
from quizapp.services.crediting.vault import Vault
from quizapp.services.teaching import assignments, cohorts
from quizapp.services.teaching.assignments import Wanted
from tests.integration.authors import NOW, appoint, content_id
from tests.integration.classes import instructor
from tests.integration.conftest import ONCE, Auth
from tests.integration.credited import Designated
from tests.integration.learners import Learner
from tests.integration.studio import load_good, member
from tests.people import address, get_or_make
from tests.statements import counted

TEACH = frozenset({"lead", "co_teacher"})
"""Who teaches the cohort, and works on no bank."""
STUDIO = frozenset({"owner", "author", "reviewer", "foreign", "administrator"}) | TEACH
"""Everybody who may open the studio at all; `foreign` owns another bank and teaches another cohort."""
READ = STUDIO - {"foreign"} - TEACH
WRITE = READ - {"reviewer"}
JUDGE = READ - {"author"}
OWN = frozenset({"owner", "administrator"})
SEATED = frozenset({"co_teacher"})
"""Who was asked to vote on a panel, and works on no bank."""
LEAD = frozenset({"lead"})
INSTRUCTORS = STUDIO - {"administrator"}
EVERYBODY = STUDIO | {"student", "coordinator", "runner"}
RUN = frozenset({"runner", "administrator"})
"""Who runs the activity with credit; `coordinator` runs none."""
COORDINATORS = RUN | {"coordinator"}
TAKES_PART = frozenset({"student"})
AREAS = ("author", "teach", "credit", "coordinate")
"""The blueprints whose addresses must all stand in a row."""


@dataclass(frozen=True)
class Row:
    """One request, and who is let through. `path` is filled in with the ids of `things`."""

    endpoint: str
    path: str
    may: frozenset[str]
    method: str = "GET"
    data: Mapping[str, str] = field(default_factory=dict)


def post(endpoint: str, path: str, may: frozenset[str], **data: str) -> Row:
    return Row(endpoint, path, may, "POST", data)


REVIEW = "/author/items/{item}/review"
ROWS = [
    Row("author.index", "/author/", STUDIO),
    Row("author.rules", "/author/rules", STUDIO),
    Row("author.new_item", "/author/items/new", STUDIO),
    post("author.begin_item", "/author/items/new", WRITE, bank="brakes", type="single_best_answer"),
    Row("author.item", "/author/items/{item}", READ),
    post("author.change_item", "/author/items/{item}", WRITE, do="check"),
    post("author.preview_item", "/author/items/{item}/preview", READ),
    post("author.merge_item", "/author/items/{item}/merge", WRITE, do="merge", mine="{}"),
    Row("author.new_lesson", "/author/lessons/new", STUDIO),
    post("author.begin_lesson", "/author/lessons/new", WRITE, bank="brakes", slug="a-lesson", title="A lesson"),
    Row("author.lesson", "/author/lessons/{lesson}", READ),
    post("author.change_lesson", "/author/lessons/{lesson}", WRITE, do="check"),
    post("author.preview_lesson", "/author/lessons/{lesson}/preview", READ),
    post("author.merge_lesson", "/author/lessons/{lesson}/merge", WRITE, do="merge", mine="{}"),
    Row("author.find", "/author/find?kind=fact&q=N1&name=facts", STUDIO),
    Row("author.figure_board", "/author/figures/brake/board", STUDIO),
    Row("author.review", REVIEW, READ),
    Row("author.review", "/author/lessons/{lesson}/review", READ),
    Row("author.panel", "/author/items/{concordance}/panel", READ),
    post("author.take_panel_step", "/author/items/{concordance}/panel", WRITE, do="drop"),
    Row("author.ballot", "/author/panels/{panel}", SEATED),
    post("author.cast", "/author/panels/{panel}", SEATED, part="1"),
    Row("author.new_figure", "/author/lessons/{lesson}/figures/add", WRITE),
    post("author.add_figure", "/author/lessons/{lesson}/figures/add", WRITE),
    Row("author.drawing", "/author/lessons/{lesson}/figures/brake/drawing", READ),
    post("author.take_step", REVIEW, READ, do="nothing"),
    post("author.take_step", REVIEW, WRITE, do="ask"),
    post("author.take_step", REVIEW, WRITE, do="withdraw"),
    post("author.take_step", REVIEW, WRITE, do="publish"),
    post("author.take_step", REVIEW, WRITE, do="go_on"),
    post("author.take_step", REVIEW, WRITE, do="retire"),
    post("author.take_step", REVIEW, WRITE, do="discard"),
    post("author.take_step", REVIEW, JUDGE, do="approve"),
    post("author.take_step", REVIEW, JUDGE, do="send_back", reason="x"),
    post("author.take_step", REVIEW, JUDGE, do="sign", by="Dr. Test", credentials="MD"),
    post("author.comment", "/author/items/{item}/comments", READ),
    post("author.settle_comment", "/author/comments/{comment}", READ, settled="1"),
    Row("author.queue", "/author/review", STUDIO),
    Row("author.versions", "/author/items/{item}/history", READ),
    Row("author.versions", "/author/lessons/{lesson}/history", READ),
    Row("author.revert", "/author/items/{item}/revert/1", READ),
    post("author.bring_back", "/author/items/{item}/revert/1", WRITE),
    Row("author.outcome", "/author/changes/{change}", READ),
    Row("author.statistics", "/author/statistics", STUDIO),
    Row("author.item_statistics", "/author/items/{item}/statistics", READ),
    Row("author.coverage", "/author/coverage", STUDIO),
    Row("author.reports", "/author/reports", STUDIO),
    post("author.answer_report", "/author/reports/{report}", WRITE, reply="Thank you."),
    Row("author.banks", "/author/banks", STUDIO),
    post("author.open_bank", "/author/banks", STUDIO, slug="NOT A NAME"),
    Row("author.bank", "/author/banks/brakes", READ),
    post("author.appoint", "/author/banks/brakes/members", OWN, email="nobody@example.org", role="author"),
    post("author.dismiss", "/author/banks/brakes/members/0/leave", OWN),
    Row("teach.index", "/teach/", INSTRUCTORS),
    Row("teach.new_cohort", "/teach/cohorts/new", INSTRUCTORS),
    post("teach.open_cohort", "/teach/cohorts/new", INSTRUCTORS, title=""),
    Row("teach.cohort", "/teach/cohorts/{cohort}", TEACH),
    Row("teach.cohort_questions", "/teach/cohorts/{cohort}/questions", TEACH),
    Row("teach.learners", "/teach/cohorts/{cohort}/learners", TEACH),
    Row("teach.learner", "/teach/cohorts/{cohort}/learners/{learner}", TEACH),
    post("teach.save_learner", "/teach/cohorts/{cohort}/learners/{learner}", TEACH, lms_id="x" * 65),
    post("teach.grant", "/teach/cohorts/{cohort}/learners/{learner}/time", TEACH, time_percent="1"),
    Row("teach.settings", "/teach/cohorts/{cohort}/settings", TEACH),
    post("teach.change", "/teach/cohorts/{cohort}/settings", TEACH, title=""),
    post("teach.renew_code", "/teach/cohorts/{cohort}/code", TEACH),
    post("teach.archive", "/teach/cohorts/{cohort}/archive", LEAD, do="reopen"),
    post("teach.add_teacher", "/teach/cohorts/{cohort}/teachers", LEAD, email="nobody@example.org"),
    post("teach.remove_teacher", "/teach/cohorts/{cohort}/teachers/0/remove", LEAD),
    Row("teach.roster", "/teach/cohorts/{cohort}/roster", TEACH),
    post("teach.invite", "/teach/cohorts/{cohort}/roster", TEACH),
    post("teach.withdraw", "/teach/cohorts/{cohort}/roster/withdraw", TEACH),
    Row("teach.message", "/teach/cohorts/{cohort}/message", TEACH),
    post("teach.send_message", "/teach/cohorts/{cohort}/message", TEACH),
    Row("teach.gradebook", "/teach/cohorts/{cohort}/gradebook", TEACH),
    Row("teach.gradebook_file", "/teach/cohorts/{cohort}/gradebook.csv", TEACH),
    Row("teach.assign", "/teach/cohorts/{cohort}/assign?kind=exam", TEACH),
    post("teach.save_new", "/teach/cohorts/{cohort}/assign", TEACH, kind="exam"),
    Row("teach.assignment", "/teach/assignments/{assignment}", TEACH),
    Row("teach.edit", "/teach/assignments/{assignment}/edit", TEACH),
    post("teach.save_again", "/teach/assignments/{assignment}/edit", TEACH),
    post("teach.publish", "/teach/assignments/{assignment}/publish", TEACH),
    post("teach.release", "/teach/assignments/{assignment}/release", TEACH),
    post("teach.discard", "/teach/assignments/{assignment}/discard", TEACH),
    Row("teach.questions", "/teach/assignments/{assignment}/questions", TEACH),
    post("teach.rule", "/teach/assignments/{assignment}/questions/{item}", TEACH, choice="drop"),
    post("teach.answer_challenge", "/teach/challenges/{challenge}", TEACH, answer=""),
    Row("teach.figures", "/teach/assignments/{assignment}/figures", TEACH),
    Row("teach.figures_file", "/teach/assignments/{assignment}/figures.csv", TEACH),
    Row("teach.debrief", "/teach/assignments/{assignment}/debrief", TEACH),
    Row("credit.record", "/credit/transcript", EVERYBODY),
    Row("credit.record_table", "/credit/transcript.csv", EVERYBODY),
    Row("credit.record_document", "/credit/transcript.pdf", EVERYBODY),
    post("credit.save_goals", "/credit/transcript/goals", EVERYBODY, **{"goal-": "no number"}),
    Row("credit.new_external", "/credit/external", EVERYBODY),
    post("credit.enter_external", "/credit/external", EVERYBODY),
    Row("credit.external_credit", "/credit/external/{external}", frozenset({"student"})),
    Row("credit.external_evidence", "/credit/external/{external}/evidence", frozenset({"student"})),
    post("credit.withdraw_external", "/credit/external/{external}/withdraw", frozenset({"student"})),
    post("teach.remove_learner", "/teach/cohorts/{cohort}/learners/{second}/remove", LEAD | TEACH),
    Row("coordinate.people", "/coordinate/activities/{activity}/people", RUN),
    Row("coordinate.evaluation", "/coordinate/activities/{activity}/evaluations", RUN),
    Row("coordinate.outcome", "/coordinate/activities/{activity}/outcomes", RUN),
    Row("coordinate.outcome_table", "/coordinate/activities/{activity}/outcomes.csv", RUN),
    Row("coordinate.outcome_document", "/coordinate/activities/{activity}/outcomes.pdf", RUN),
    Row("coordinate.folder", "/coordinate/activities/{activity}/folder", RUN),
    post("coordinate.make_folder", "/coordinate/activities/{activity}/folder", RUN),
    Row("coordinate.person", "/coordinate/participations/{participation}", RUN),
    post("coordinate.reopen", "/coordinate/participations/{participation}/reopen", RUN, until="", reason=""),
    post("coordinate.correct", "/coordinate/claims/{claim}/correct", RUN, name="", amount="", reason=""),
    post("coordinate.revoke", "/coordinate/certificates/{certificate}/revoke", RUN, reason=""),
    Row("credit.index", "/credit/", EVERYBODY),
    Row("coordinate.index", "/coordinate/", COORDINATORS),
    Row("coordinate.new_activity", "/coordinate/activities/new", COORDINATORS),
    post("coordinate.begin_activity", "/coordinate/activities/new", COORDINATORS, title=""),
    Row("coordinate.activity", "/coordinate/activities/{activity}", RUN),
    post("coordinate.save_activity", "/coordinate/activities/{activity}", RUN, minutes="many"),
    Row("coordinate.preview", "/coordinate/activities/{activity}/preview", RUN),
    Row("coordinate.publishing", "/coordinate/activities/{activity}/publishing", RUN),
    post("coordinate.begin_next_quarter", "/coordinate/activities/{activity}/next-quarter", RUN),
    post("coordinate.publish", "/coordinate/activities/{activity}/publish", RUN),
    Row("coordinate.edition", "/coordinate/activities/{activity}/editions/1", RUN),
    post("coordinate.withdraw", "/coordinate/activities/{activity}/withdraw", RUN, reason=""),
    post("coordinate.add_coordinator", "/coordinate/activities/{activity}/coordinators", RUN, email="nobody"),
    post("coordinate.remove_coordinator", "/coordinate/activities/{activity}/coordinators/0/remove", RUN),
    Row("coordinate.in_control", "/coordinate/activities/{activity}/in-control", RUN),
    post("coordinate.name_person", "/coordinate/activities/{activity}/in-control", RUN, name=""),
    Row("coordinate.one_in_control", "/coordinate/in-control/{in_control}", RUN),
    post("coordinate.change_person", "/coordinate/in-control/{in_control}", RUN),
    post("coordinate.enter_disclosure", "/coordinate/in-control/{in_control}/disclosure", RUN),
    post("coordinate.ask", "/coordinate/in-control/{in_control}/ask", RUN),
    post("coordinate.end_person", "/coordinate/in-control/{ended}/end", RUN),
    Row("coordinate.providers", "/coordinate/providers", COORDINATORS),
    Row("coordinate.new_provider", "/coordinate/providers/new", COORDINATORS),
    post("coordinate.begin_provider", "/coordinate/providers/new", COORDINATORS, slug=""),
    Row("coordinate.provider", "/coordinate/providers/{provider}", COORDINATORS),
    post("coordinate.save_provider", "/coordinate/providers/{provider}", COORDINATORS, name=""),
    Row("coordinate.new_system", "/coordinate/systems/new", COORDINATORS),
    post("coordinate.begin_system", "/coordinate/systems/new", COORDINATORS, slug=""),
    Row("coordinate.system", "/coordinate/systems/{system}", COORDINATORS),
    post("coordinate.save_system", "/coordinate/systems/{system}", COORDINATORS, unit=""),
    Row("credit.activity", "/credit/activities/{slug}", EVERYBODY),
    Row("credit.enrol", "/credit/activities/{slug}/enrol", EVERYBODY),
    post("credit.enrol_now", "/credit/activities/{slug}/enrol", EVERYBODY),
    Row("credit.profile", "/credit/profile", EVERYBODY),
    post("credit.save_profile", "/credit/profile", EVERYBODY),
    Row("credit.lesson", "/credit/activities/{slug}/lesson", TAKES_PART),
    post("credit.open_lesson", "/credit/activities/{slug}/lesson", TAKES_PART),
    post("credit.check", "/credit/activities/{slug}/lesson/questions/brakes-1", TAKES_PART),
    Row("credit.figure", "/credit/activities/{slug}/lesson/figures/brake", TAKES_PART),
    Row("credit.figure_file", "/credit/activities/{slug}/lesson/figures/brake/svg", TAKES_PART),
    post("credit.leave_lesson", "/credit/activities/{slug}/read", TAKES_PART),
    post("credit.beat", "/credit/participations/{participation}/time", TAKES_PART, place="lesson"),
    post("credit.start_before", "/credit/activities/{slug}/before", TAKES_PART),
    post("credit.start_test", "/credit/activities/{slug}/test", TAKES_PART),
    post("credit.start_later", "/credit/activities/{slug}/later", TAKES_PART, purpose="after30"),
    Row("credit.result", "/credit/tests/{credit_sitting}", TAKES_PART),
    Row("credit.evaluation", "/credit/activities/{slug}/evaluation", TAKES_PART),
    post("credit.evaluate", "/credit/activities/{slug}/evaluation", TAKES_PART),
    Row("credit.claim", "/credit/activities/{slug}/claim", TAKES_PART),
    post("credit.attest", "/credit/activities/{slug}/time", TAKES_PART),
    post("credit.claim_now", "/credit/activities/{slug}/claim", TAKES_PART),
    post("credit.make_certificate", "/credit/activities/{slug}/certificate", TAKES_PART),
    Row("credit.certificate", "/credit/certificates/{certificate}.pdf", TAKES_PART | RUN),
    Row("coordinate.reporting_page", "/coordinate/activities/{activity}/reports", RUN),
    post("coordinate.prepare_report", "/coordinate/activities/{activity}/reports", RUN),
    Row("coordinate.report", "/coordinate/reports/{report_batch}", RUN),
    post("coordinate.report_file", "/coordinate/reports/{report_batch}/file", RUN),
    post("coordinate.send_report", "/coordinate/reports/{report_batch}/sent", RUN),
    post("coordinate.take_answers", "/coordinate/reports/{report_batch}/answers", RUN, list=""),
    post("coordinate.correct_report", "/coordinate/claims/{claim}/corrected", RUN, reason=""),
]


@pytest.fixture
def things(app: Flask) -> dict[str, Any]:
    """Ids of one of each: what the rows are about."""
    with app.app_context():
        session = db.session()
        load_good(session)
        item = content_id(session, "item", "brakes-1")
        learner = Learner.new(session)
        shown = learner.question(learner.start(size=1)).presentation_id
        annotating.report_problem(session, learner.actor, shown, "Two are right.", NOW)
        owner = member(session, "owner")
        comment = commenting.comment(session, owner, item, "", "Which one?", NOW)
        with writing(session):
            publication = session.scalars(sa.select(Publication.id).where(Publication.content_id == item)).one()
            session.add(
                KeyChange(publication_id=publication, content_id=item, line=1, remedy="leave", by_id=owner.id, at=NOW)
            )
        report = session.scalars(sa.select(ProblemReport.id)).one()
        assert session.scalar(sa.select(sa.func.count()).select_from(Presentation)) == 1
        return {
            "item": item,
            "lesson": content_id(session, "lesson", "brakes"),
            "comment": comment,
            "change": publication,
            "report": report,
            **taught(session, item),
            **voted_on(session),
            "external": entered(app, session),
            **credited(app, session),
        }


def voted_on(session: Session) -> dict[str, int]:
    """A question with a panel on it."""
    owner = member(session, "owner")
    told = {"lead_in": "What does it do?", "hypothesis": "a brake", "information": "that it is off"}
    concordance = drafting.create(session, owner, bank="brakes", type="script_concordance", body=told, now=NOW)
    panelling.open_panel(session, owner, concordance, None, now=NOW)
    return {"concordance": concordance, "panel": session.scalars(sa.select(Panel.id)).one()}


def taught(session: Session, item: int) -> dict[str, Any]:
    """A cohort with two learners, of whom one is sitting its exam, and a doubt."""
    lead = instructor(session)
    cohort = cohorts.open_cohort(session, lead, "A rotation", "UTC", NOW)
    learners = [Learner.new(session).actor.id for _ in range(2)]
    exam = Wanted("exam", "An exam", NOW.replace(tzinfo=None), NOW.replace(tzinfo=None, year=2099), "UTC")
    with writing(session):
        session.add_all(CohortMember(cohort_id=cohort, learner_id=one, joined_at=NOW) for one in learners)
        columns = assignments.columns(exam) | {"cohort_id": cohort, "state": "open", "by_id": lead.id, "at": NOW}
        assignment = session.execute(sa.insert(Assignment).values(**columns).returning(Assignment.id)).scalar_one()
        session.execute(sa.update(Sitting).values(assignment_id=assignment, mode="formative"))
        doubt = Challenge(
            assignment_id=assignment, content_id=item, learner_id=learners[0], reason="Why?", at=NOW, answer=""
        )
        session.add(doubt)
        session.flush()
        return {
            "cohort": cohort, "learner": learners[0], "second": learners[1], "assignment": assignment,
            "challenge": doubt.id,
        }  # fmt: skip


def entered(app: Flask, session: Session) -> int:
    """A credit from elsewhere, with a file, of the student."""
    person = Actor(get_or_make(app, "student", address("student")), "", "", frozenset(), Choices(), None)
    proof = Upload("proof.pdf", b"%PDF-1.7 %%EOF")
    typed = Typed("0123456789", "A course", "A society", "", "Credits", "1", NOW.date(), proof)
    return external.enter(session, person, typed, NOW)


def credited(app: Flask, session: Session) -> dict[str, Any]:
    """An activity with credit in which the student takes part: a test, a claim with its certificate, and a file in
    which the claim was reported."""
    vault: Vault = app.extensions["vault"]
    made = Designated.new(session, report_format="pars", lesson=lessons.pin(get_stock(session), "brakes"))
    student = Actor(get_or_make(app, "student", address("student")), "", "", frozenset(), Choices(), None)
    learner = Learner(session, student)
    participation = made.enrol(learner)
    claim = made.grant(learner, participation)
    code = issuing.issue(session, Press(vault, "https://quiz.example.org"), claim, NOW)
    with writing(session):
        batch = ReportBatch(format="pars", document=vault.seal(EMPTY_REPORT), at=NOW)
        session.add(batch)
        session.flush()
        session.add(ReportRow(batch_id=batch.id, claim_id=claim, outcome="waiting", error=""))
        named = [InControl(activity_id=made.activity_id, name="Dr. A", email="", role="author") for _ in range(2)]
        named[1].ended_at = NOW
        session.add_all(named)
        session.flush()
        names = session.execute(
            sa.select(Activity.slug, Provider.slug.label("provider"), CreditSystem.slug.label("system"))
            .join(ActivityVersion, ActivityVersion.activity_id == Activity.id)
            .join(Provider, Provider.id == ActivityVersion.provider_id)
            .join(CreditSystem, CreditSystem.id == made.system_id)
            .where(Activity.id == made.activity_id)
        ).one()
        test = Sitting(
            learner_id=student.id, mode="credit", title="", plan={"items": []}, seed=1, key="credit", started_at=NOW,
            closed_at=NOW, released_at=NOW, participation_id=participation, purpose="test",
        )  # fmt: skip
        session.add(test)
        session.flush()
        return {
            "activity": made.activity_id,
            "participation": participation,
            "certificate": code,
            "claim": claim,
            "report_batch": batch.id,
            "credit_sitting": test.id,
            "in_control": named[0].id,
            "ended": named[1].id,
            **names._asdict(),
        }


EMPTY_REPORT = pars.write(Report(NOW, "", (), ()))


@pytest.fixture
def people(app: Flask, auth: Auth, things: dict[str, Any]) -> dict[str, FlaskClient]:
    """A browser for each kind of person, signed in."""
    found = {role: auth.browser(role).raw for role in ("student", "coordinator", "administrator")}
    for role in ("owner", "author", "reviewer", "foreign"):
        client = auth.browser("instructor", email=f"{role}@example.org")
        found[role] = client.raw
        with app.app_context():
            user_id = auth.sign_in("instructor", email=f"{role}@example.org", client=client)
            if role != "foreign":
                appoint(db.session(), user_id, role, "brakes")
    for role, staff in (("lead", "lead"), ("co_teacher", "co-teacher")):
        found[role] = auth.browser("instructor", email=f"{role}@example.org").raw
        user_id = get_or_make(app, "instructor", f"{role}@example.org")
        with app.app_context(), writing(db.session()) as session:
            session.execute(sa.delete(CohortStaff).where(CohortStaff.role == staff))
            session.add(CohortStaff(cohort_id=things["cohort"], user_id=user_id, role=staff))
            if role == "co_teacher":
                session.add(PanelSeat(panel_id=things["panel"], user_id=user_id, by_id=user_id, at=NOW))
    found["runner"] = auth.browser("coordinator", email="runner@example.org").raw
    user_id = get_or_make(app, "coordinator", "runner@example.org")
    with app.app_context(), writing(db.session()) as session:
        session.add(ActivityCoordinator(activity_id=things["activity"], user_id=user_id))
    with app.app_context():
        user_id = get_or_make(app, "instructor", "foreign@example.org")
        actor = Actor(user_id, "foreign@example.org", "", frozenset({"instructor"}), Choices(), None)
        cohorts.open_cohort(db.session(), actor, "Another rotation", "UTC", NOW)
    return found


@ONCE
def test_every_address_of_the_area_stands_in_a_row(app: Flask) -> None:
    listed = {(row.endpoint, row.method) for row in ROWS}
    there = {
        (rule.endpoint, method)
        for rule in app.url_map.iter_rules()
        if rule.endpoint.partition(".")[0] in AREAS
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert not there - listed, f"Add rows for {sorted(there - listed)}."
    assert not listed - there, f"No such address any more: {sorted(listed - there)}."


WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE)")


@ONCE
def test_everybody_is_let_through_or_refused_as_written_and_no_look_writes(
    app: Flask, engine: Engine, people: dict[str, FlaskClient], things: dict[str, Any]
) -> None:
    tokens = {name: token_of(client) for name, client in people.items()}
    wrong = []
    for row in ROWS:
        path = re.sub(r"\{(\w+)\}", lambda found: str(things[found[1]]), row.path)
        for name, client in people.items():
            data = {"csrf_token": tokens[name], **row.data} if row.method == "POST" else None
            with counted(engine) as statements:
                response = client.open(path, method=row.method, data=data)
                status, refused = response.status_code, refusal(name, row)
                response.close()
            if row.method == "GET":
                wrong += [f"{name} GET {path} writes: {one}" for one in statements if WRITES.match(one)]
            fits = status not in {400, 401, 403, 404, 405, 500} if name in row.may else status == refused
            if not fits:
                wrong.append(f"{name} {row.method} {path} {dict(row.data)}: {status}")
    assert not wrong, "\n".join(wrong)


def refusal(name: str, row: Row) -> int:
    """403 for who has no page of this area at all, 404 for who does not work on this thing."""
    areas = {"author": STUDIO, "teach": INSTRUCTORS, "credit": EVERYBODY, "coordinate": COORDINATORS}
    # Whoever was asked to vote may be anybody, so a ballot is not there for all others.
    is_ballot = row.endpoint in ("author.ballot", "author.cast")
    return 404 if is_ballot or name in areas[row.endpoint.partition(".")[0]] else 403


def test_ids_that_lead_nowhere_are_not_found_and_nothing_was_changed(
    app: Flask, people: dict[str, FlaskClient], things: dict[str, Any]
) -> None:
    tokens = {name: token_of(people[name]) for name in ("administrator", "lead")}
    for row in ROWS:
        name = "lead" if row.endpoint.startswith("teach.") else "administrator"
        client, token = people[name], tokens[name]
        named = re.findall(r"\{(\w+)\}", row.path)
        if named:
            path = re.sub(r"\{\w+\}", "987654", row.path)
            data = {"csrf_token": token, **row.data} if row.method == "POST" else None
            assert client.open(path, method=row.method, data=data).status_code == 404, row
    client = people["administrator"]
    swapped = {"item": things["lesson"], "lesson": things["item"]}
    for row in ROWS:
        if row.method == "GET" and ("{item}" in row.path or "{lesson}" in row.path):
            path = re.sub(r"\{(\w+)\}", lambda found: str(swapped[found[1]]), row.path)
            assert client.get(path).status_code == 404, f"a lesson is no item: {path}"
    with app.app_context():
        assert db.session().scalar(sa.select(sa.func.count()).select_from(Comment)) == 1


def token_of(client: FlaskClient) -> str:
    page = client.get("/settings").get_data(as_text=True)
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found, "the settings page has a form for everybody"
    return found[1]
