"""Taking part in an activity: the tests and what came of them, the evaluation, time, the claim."""

from __future__ import annotations

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from quizapp import clock
from quizapp.core.credit import claims
from quizapp.core.credit.amounts import NoAmount, named, read_quarters, shown
from quizapp.core.credit.claims import Refusal
from quizapp.core.credit.statements import fill
from quizapp.core.preferences import Unfit
from quizapp.db.extension import db
from quizapp.formats.certificate.printing import Unprintable
from quizapp.services.crediting import (
    activities,
    claiming,
    delayed,
    engaging,
    evaluating,
    feedback,
    issuing,
    standing,
    testing,
)
from quizapp.services.crediting.activities import Edition
from quizapp.services.crediting.attempts import BEFORE, TEST
from quizapp.services.crediting.claiming import Taken
from quizapp.services.crediting.standing import Next
from quizapp.services.crediting.vault import Locked
from quizapp.web.allow import allow, get_actor
from quizapp.web.credit.blueprint import blueprint
from quizapp.web.credit.standing import view_of
from quizapp.web.press import press


def own_edition(slug: str) -> Edition:
    """The edition of the learner’s enrolment. Raises LookupError for who is not enrolled."""
    version_id = activities.find_own(db.session(), slug, get_actor().id)
    if version_id is None:
        raise LookupError(slug)
    return activities.get_edition(db.session(), version_id)


def own(slug: str) -> tuple[Edition, Taken]:
    """The learner’s participation with the edition of the enrolment. Raises LookupError for who is not enrolled."""
    edition = own_edition(slug)
    taken = standing.find_taken(db.session(), get_actor(), edition.activity_id)
    if taken is None:
        raise LookupError(slug)
    return edition, taken


@blueprint.post("/participations/<int:participation_id>/time")
@allow("signed_in")
def beat(participation_id: int) -> ResponseReturnValue:
    """A sign of life of a page that is looked at, sent by a script."""
    place = request.form.get("place", "")
    seconds = engaging.beat(db.session(), get_actor(), participation_id, place, clock.now())
    return {"seconds": seconds}


@blueprint.post("/activities/<slug>/before")
@allow("signed_in")
def start_before(slug: str) -> ResponseReturnValue:
    return start(slug, BEFORE)


@blueprint.post("/activities/<slug>/test")
@allow("signed_in")
def start_test(slug: str) -> ResponseReturnValue:
    """Begin the test, or go on with the attempt that runs."""
    return start(slug, TEST)


@blueprint.post("/activities/<slug>/later")
@allow("signed_in")
def start_later(slug: str) -> ResponseReturnValue:
    """Begin what is asked months after the test, to show what is still known."""
    _, taken = own(slug)
    purpose = request.form.get("purpose", "")[:8]
    return begin(slug, delayed.start(db.session(), get_actor(), taken.id, purpose, clock.now()))


def start(slug: str, purpose: str) -> ResponseReturnValue:
    _, taken = own(slug)
    return begin(slug, testing.start(db.session(), get_actor(), taken.id, purpose, clock.now()))


def begin(slug: str, begun: testing.Begun | Refusal) -> ResponseReturnValue:
    """To the first question, or back with the reason."""
    if isinstance(begun, Refusal):
        flash(" ".join(begun.reasons), "error")
        return redirect(url_for("credit.activity", slug=slug), 303)
    return redirect(url_for("learn.session", sitting_id=begun.sitting_id), 303)


@blueprint.get("/tests/<int:sitting_id>")
@allow("signed_in")
def result(sitting_id: int) -> ResponseReturnValue:
    """What came of a test of an activity."""
    found = feedback.get_result(db.session(), get_actor(), sitting_id, clock.now())
    if not found.closed:
        return redirect(url_for("learn.session", sitting_id=sitting_id))
    held = standing.get_standing(db.session(), get_actor(), found.edition, clock.now())

    def question_url(row: feedback.Told) -> str:
        return url_for("learn.feedback", sitting_id=sitting_id, position=row.position, part=row.part)

    return render_template(
        "credit/result.html",
        result=found,
        edition=found.edition,
        standing=view_of(held),
        question_url=question_url,
        beat_url=url_for("credit.beat", participation_id=found.participation_id),
        told_later=found.awaits_peers and get_actor().choices.preferences.credit_reminders,
    )


@blueprint.get("/activities/<slug>/evaluation")
@allow("signed_in")
def evaluation(slug: str) -> ResponseReturnValue:
    return evaluation_page(slug, {}, {})


def evaluation_page(slug: str, typed: dict[str, str], problems: dict[str, str], refusal: str = "") -> str:
    edition, taken = own(slug)
    return render_template(
        "credit/evaluation.html",
        edition=edition,
        form=evaluating.get_form(db.session(), edition.id),
        answers=evaluating.find_answers(db.session(), taken.id),
        typed=typed,
        problems=problems,
        refusal=refusal,
    )


@blueprint.post("/activities/<slug>/evaluation")
@allow("signed_in")
def evaluate(slug: str) -> ResponseReturnValue:
    edition, taken = own(slug)
    typed = {one.id: request.form.get(one.id, "") for one in evaluating.get_form(db.session(), edition.id)}
    try:
        evaluating.evaluate(db.session(), get_actor(), taken.id, typed, clock.now())
    except Unfit as unfit:
        return evaluation_page(slug, typed, unfit.problems), 422
    except evaluating.NotYet as not_yet:
        return evaluation_page(slug, typed, {}, str(not_yet)), 409
    held = standing.get_standing(db.session(), get_actor(), edition, clock.now())
    flash("Thank you; your evaluation is in.", "success")
    endpoint = "credit.claim" if held.next is Next.CLAIM else "credit.activity"
    return redirect(url_for(endpoint, slug=slug), 303)


@blueprint.get("/activities/<slug>/claim")
@allow("signed_in")
def claim(slug: str) -> ResponseReturnValue:
    return claim_page(slug)


def claim_page(
    slug: str,
    *,
    minutes: str | None = None,
    problem_of_minutes: str = "",
    problem_of_tick: str = "",
    refusal: Refusal | None = None,
) -> str:
    """First the time, then the amount: what can be claimed follows from the time."""
    edition = own_edition(slug)
    held = standing.get_standing(db.session(), get_actor(), edition, clock.now())
    taken = held.taken
    if taken is None:
        raise LookupError(slug)
    offers = []
    for system in edition.systems:
        if system.slug in held.claimable and taken.core.attested_minutes is not None:
            top = claims.most(held.terms[system.slug], taken.core)
            amounts = [shown(quarters) for quarters in range(system.step, top + 1, system.step)]
            known = {"claimed": "…", "name": get_actor().name or get_actor().email, "unit": named(system.unit)}
            offers.append(
                {
                    "system": system,
                    "amounts": amounts[::-1],
                    "maximum": shown(system.maximum),
                    "statement": fill(system.claim_statement, known),
                }
            )
    return render_template(
        "credit/claim.html",
        edition=edition,
        held=held,
        attested=taken.core.attested_minutes,
        engaged=taken.core.engaged_seconds // 60,
        plausible=evaluating.plausible_minutes(taken, clock.now()),
        minutes=minutes if minutes is not None else str(taken.core.attested_minutes or ""),
        problem_of_minutes=problem_of_minutes,
        problem_of_tick=problem_of_tick,
        refusal=refusal,
        offers=offers,
        statement=evaluating.STATEMENT,
        again=request.args.get("again") == "1",
    )


@blueprint.post("/activities/<slug>/time")
@allow("signed_in")
def attest(slug: str) -> ResponseReturnValue:
    """Say how long it took."""
    _, taken = own(slug)
    typed = request.form.get("minutes", "").strip()[:20]
    if not (typed.isascii() and typed.isdigit() and len(typed) <= 5):
        return claim_page(slug, minutes=typed, problem_of_minutes="Write the minutes as a whole number."), 422
    if request.form.get("true") != "1":
        problem = "Tick that this is true; without it nothing can be claimed."
        return claim_page(slug, minutes=typed, problem_of_tick=problem), 422
    try:
        evaluating.attest(db.session(), get_actor(), taken.id, int(typed), clock.now())
    except Unfit as unfit:
        return claim_page(slug, minutes=typed, problem_of_minutes=unfit.problems["minutes"]), 422
    except evaluating.NotYet as not_yet:
        return claim_page(slug, minutes=typed, refusal=Refusal((str(not_yet),))), 409
    return redirect(url_for("credit.claim", slug=slug, _anchor="amount"), 303)


@blueprint.post("/activities/<slug>/claim")
@allow("signed_in")
def claim_now(slug: str) -> ResponseReturnValue:
    """Claim, and make the certificate; a second click finds it."""
    edition, taken = own(slug)
    system = request.form.get("system", "")[:64]
    if system not in {one.slug for one in edition.systems}:
        return claim_page(slug, refusal=Refusal(("Choose which credit you claim.",))), 422
    try:
        quarters = read_quarters(request.form.get("amount", "")[:20])
    except NoAmount as unread:
        return claim_page(slug, refusal=Refusal((str(unread),))), 422
    decided = claiming.claim(db.session(), get_actor(), taken.id, system, quarters, clock.now())
    claim_id = claiming.find_claim(db.session(), taken.id, system)
    if isinstance(decided, Refusal) and claim_id is None:
        return claim_page(slug, refusal=decided), 409
    if isinstance(decided, Refusal):
        flash(" ".join(decided.reasons), "info")
    elif claim_id is not None:
        _make(claim_id)
    return redirect(url_for("credit.activity", slug=slug), 303)


def _make(claim_id: int) -> None:
    try:
        issuing.issue(db.session(), press(), claim_id, clock.now())
    except Unprintable as unprintable:
        flash(f"Your credit is granted. {unprintable}", "error")
    except Exception:
        # The claim stands; nobody is told that it failed because a page could not be set.
        current_app.logger.exception("a certificate could not be made")
        flash("Your credit is granted. The certificate could not be made now; it will be made soon.", "error")
    else:
        flash("Your credit is granted, and your certificate is made.", "success")


@blueprint.post("/activities/<slug>/certificate")
@allow("signed_in")
def make_certificate(slug: str) -> ResponseReturnValue:
    """Make what is owed: the certificate of a claim, or one of participation for who cannot have credit."""
    _, taken = own(slug)
    for system in taken.claims:
        claim_id = claiming.find_claim(db.session(), taken.id, system)
        if claim_id is not None and issuing.find_code(db.session(), claim_id) is None:
            _make(claim_id)
    if not taken.claims:
        try:
            made = issuing.issue_participation(db.session(), press(), get_actor(), taken.id, clock.now())
        except Unprintable as unprintable:
            flash(str(unprintable), "error")
        except Locked:
            current_app.logger.exception("a certificate could not be made")
            flash("The certificate could not be made now. Please try again later; nothing is lost.", "error")
        else:
            if isinstance(made, Refusal):
                flash(" ".join(made.reasons), "error")
            else:
                flash("Your certificate of participation is made.", "success")
    return redirect(url_for("credit.activity", slug=slug), 303)
