"""One's banks, who works on them, and opening another."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from quizapp import clock
from quizapp.db.extension import db
from quizapp.services.authoring import members, scope
from quizapp.web.allow import allow, get_actor
from quizapp.web.author.blueprint import blueprint

FIELDS = ("slug", "title", "topic", "licence")
ROLES = {
    "owner": "Owner: writes, publishes, reviews, appoints",
    "author": "Author: writes, publishes what was approved",
    "reviewer": "Reviewer: reads drafts, comments, approves",
}


@blueprint.get("/banks")
@allow("instructor", "administrator")
def banks() -> ResponseReturnValue:
    return banks_page({}, {})


@blueprint.post("/banks")
@allow("instructor", "administrator")
def open_bank() -> ResponseReturnValue:
    sent = {name: request.form.get(name, "") for name in FIELDS}
    try:
        slug = members.open_bank(db.session(), get_actor(), **sent, now=clock.now())
    except members.Unfit as unfit:
        return banks_page(sent, unfit.problems), 422
    flash("The bank is open. You own it.", "success")
    return redirect(url_for("author.bank", slug=slug), 303)


@blueprint.get("/banks/<slug>")
@allow("instructor", "administrator")
def bank(slug: str) -> ResponseReturnValue:
    return bank_page(slug)


@blueprint.post("/banks/<slug>/members")
@allow("instructor", "administrator")
def appoint(slug: str) -> ResponseReturnValue:
    email, role = request.form.get("email", ""), request.form.get("role", "")
    try:
        members.appoint(db.session(), get_actor(), slug, email, role, clock.now())
    except members.Unfit as unfit:
        return bank_page(slug, unfit.problems, email, role), 422
    flash("The members have changed.", "success")
    return redirect(url_for("author.bank", slug=slug), 303)


@blueprint.post("/banks/<slug>/members/<int:user_id>/leave")
@allow("instructor", "administrator")
def dismiss(slug: str, user_id: int) -> ResponseReturnValue:
    try:
        members.dismiss(db.session(), get_actor(), slug, user_id, clock.now())
    except members.Unfit as unfit:
        return bank_page(slug, unfit.problems), 422
    flash("The members have changed.", "success")
    # An owner may have left; the bank's page is then no longer theirs.
    mine = {one.slug for one in scope.banks_of(db.session(), get_actor())}
    return redirect(url_for("author.bank", slug=slug) if slug in mine else url_for("author.banks"), 303)


def banks_page(sent: dict[str, str], problems: dict[str, str]) -> str:
    return render_template(
        "author/banks.html",
        banks=scope.banks_of(db.session(), get_actor()),
        topics=members.list_topics(db.session()),
        sent={"licence": "CC BY 4.0"} | sent,
        problems=problems,
        roles=ROLES,
    )


def bank_page(slug: str, problems: dict[str, str] | None = None, email: str = "", role: str = "author") -> str:
    found = scope.get_bank(db.session(), get_actor(), slug)
    return render_template(
        "author/bank.html",
        bank=found,
        members=members.list_members(db.session(), found),
        problems=problems or {},
        email=email,
        role=role,
        roles=ROLES,
        may_appoint=found.lets("own"),
    )
