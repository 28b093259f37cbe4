"""Who takes part in an activity, the record of one of them, and what a coordinator does about it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from quizapp import clock
from quizapp.core.credit.amounts import NoAmount, read_quarters, shown
from quizapp.core.credit.claims import Refusal
from quizapp.db.extension import db
from quizapp.formats.certificate.printing import Unprintable
from quizapp.services.crediting import issuing, overseeing, participants, records
from quizapp.services.crediting.participants import STAGES, STANDS
from quizapp.services.crediting.vault import Locked
from quizapp.web.allow import allow, get_actor
from quizapp.web.coordinate.blueprint import blueprint
from quizapp.web.press import press

LOOK_AHEAD = dt.timedelta(days=30)
"""The deadline that is offered for a claim that is reopened."""


@blueprint.get("/activities/<int:activity_id>/people")
@allow("coordinator", "administrator")
def people(activity_id: int) -> ResponseReturnValue:
    """How many have come how far, and who they are, a page at a time."""
    stage, search, typed = (request.args.get(name, "") for name in ("stage", "search", "after"))
    actor, now = get_actor(), clock.now()
    run, counts = participants.get_counts(db.session(), actor, activity_id)
    listed = participants.list_participants(
        db.session(),
        actor,
        activity_id,
        now,
        stage=stage if stage in STAGES else "",
        search=search,
        after=int(typed) if re.fullmatch(r"[0-9]{1,9}", typed) else 0,
    )
    return render_template(
        "coordinate/people.html",
        run=run,
        counts=counts,
        listed=listed,
        stages=STAGES,
        stands=STANDS,
        stage=stage if stage in STAGES else "",
        search=search[: participants.LONGEST_SEARCH],
        later=bool(typed),
    )


@blueprint.get("/participations/<int:participation_id>")
@allow("coordinator", "administrator")
def person(participation_id: int) -> ResponseReturnValue:
    return _person_page(participation_id)


def _person_page(participation_id: int, refusal: Refusal | None = None, typed: Mapping[str, str] | None = None) -> str:
    """`typed`: what stood in the form that was refused, with its `deed` and what it was about."""
    now = clock.now()
    record = records.get_record(db.session(), get_actor(), participation_id, now)
    return render_template(
        "coordinate/person.html",
        record=record,
        run=record.run,
        lapsed=now > record.claimable_until,
        stands=STANDS,
        offered=(now.astimezone(ZoneInfo(get_actor().zone)) + LOOK_AHEAD).date().isoformat(),
        refusal=refusal,
        typed=typed or {},
        shown=shown,
    )


@blueprint.post("/participations/<int:participation_id>/reopen")
@allow("coordinator", "administrator")
def reopen(participation_id: int) -> ResponseReturnValue:
    """Give a new deadline for claiming, to the end of a day as the coordinator counts days."""
    day, reason = request.form.get("until", ""), request.form.get("reason", "")
    records.get_record(db.session(), get_actor(), participation_id, clock.now())
    until = _end_of(day)
    refused: Refusal | None = Refusal(("Choose the last day on which it can be claimed.",))
    if until is not None:
        refused = overseeing.reopen(db.session(), get_actor(), participation_id, until, reason, clock.now())
    if refused is not None:
        typed = {"deed": "reopen", "until": day, "reason": reason}
        return _person_page(participation_id, refused, typed), 422
    flash("Claiming is open again. The learner sees it on the page of the activity.", "success")
    return redirect(url_for("coordinate.person", participation_id=participation_id), 303)


def _end_of(day: str) -> dt.datetime | None:
    try:
        chosen = dt.date.fromisoformat(day)
        return dt.datetime.combine(chosen, dt.time(23, 59, 59), ZoneInfo(get_actor().zone)).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None


@blueprint.post("/claims/<int:claim_id>/correct")
@allow("coordinator", "administrator")
def correct(claim_id: int) -> ResponseReturnValue:
    """Supersede a certificate by one with the right name and amount."""
    name, amount, reason = (request.form.get(field, "") for field in ("name", "amount", "reason"))
    participation_id, step = records.find_claim(db.session(), get_actor(), claim_id)
    before = issuing.find_code(db.session(), claim_id)
    try:
        done: str | Refusal = overseeing.correct(
            db.session(),
            get_actor(),
            press(),
            claim_id,
            name=name,
            quarters=read_quarters(amount, step),
            reason=reason,
            now=clock.now(),
        )
    except (NoAmount, Unprintable, Locked) as problem:
        done = Refusal((str(problem),))
    if isinstance(done, Refusal):
        typed = {"deed": "correct", "of": str(claim_id), "name": name, "amount": amount, "reason": reason}
        return _person_page(participation_id, done, typed), 422
    if done == before:
        flash(f"Certificate {done} says exactly this already. It is the one that counts.", "info")
    else:
        told = f"Certificate {done} is the one that counts now. What it supersedes says so wherever it is checked."
        flash(told, "success")
    return redirect(url_for("coordinate.person", participation_id=participation_id), 303)


@blueprint.post("/certificates/<code>/revoke")
@allow("coordinator", "administrator")
def revoke(code: str) -> ResponseReturnValue:
    reason = request.form.get("reason", "")
    participation_id = records.find_certificate(db.session(), get_actor(), code)
    refused = overseeing.revoke(db.session(), get_actor(), code, reason, clock.now())
    if refused is not None:
        return _person_page(participation_id, refused, {"deed": "revoke", "of": code, "reason": reason}), 422
    flash(f"Certificate {code} is revoked. It says so wherever it is checked.", "success")
    return redirect(url_for("coordinate.person", participation_id=participation_id), 303)
