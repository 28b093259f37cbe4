"""Providers and systems of credit: what they say, in editions that are written once."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from quizapp import clock
from quizapp.core.credit.amounts import shown
from quizapp.core.preferences import Unfit
from quizapp.db.extension import db
from quizapp.services.crediting import providers as held
from quizapp.services.crediting.providers import ProviderText, StaleEdition, SystemText
from quizapp.web.account import show_problems
from quizapp.web.allow import allow, get_actor
from quizapp.web.coordinate.blueprint import blueprint
from quizapp.web.coordinate.forms import ProviderForm, SystemForm, first_error


@blueprint.get("/providers")
@allow("coordinator", "administrator")
def providers() -> ResponseReturnValue:
    session = db.session()
    return render_template(
        "coordinate/providers.html", providers=held.list_providers(session), systems=held.list_systems(session)
    )


@blueprint.get("/providers/new")
@allow("coordinator", "administrator")
def new_provider() -> ResponseReturnValue:
    data = asdict(ProviderText(zone=get_actor().zone)) | {"slug": ""}
    return _provider_page("", _provider_form(formdata=None, data=data))


@blueprint.post("/providers/new")
@allow("coordinator", "administrator")
def begin_provider() -> ResponseReturnValue:
    return _save_provider("")


@blueprint.get("/providers/<slug>")
@allow("coordinator", "administrator")
def provider(slug: str) -> ResponseReturnValue:
    newest = held.list_provider_editions(db.session(), slug)[0]
    return _provider_page(slug, _provider_form(formdata=None, data=asdict(newest.text)))


@blueprint.post("/providers/<slug>")
@allow("coordinator", "administrator")
def save_provider(slug: str) -> ResponseReturnValue:
    held.list_provider_editions(db.session(), slug)
    return _save_provider(slug)


def _provider_form(**filled: Any) -> ProviderForm:
    form = ProviderForm(**filled)
    if not held.may_accredit(get_actor()):
        del form.accredited
    return form


def _save_provider(slug: str) -> ResponseReturnValue:
    form = _provider_form()
    name = slug or (form.slug.data or "").strip()
    try:
        if problem := first_error(form.longest_years):
            raise Unfit({"longest_years": problem})
        held.save_provider(db.session(), get_actor(), name, form.text(), based_on=_based_on(), now=clock.now())
    except Unfit as unfit:
        show_problems(form, unfit)
        return _provider_page(slug, form), 422
    except StaleEdition as stale:
        return _provider_page(stale.newest.slug, form, theirs=asdict(stale.newest.text)), 409
    flash("The edition is kept. Activities that are published keep theirs.", "success")
    return redirect(url_for("coordinate.providers"), 303)


def _provider_page(slug: str, form: ProviderForm, theirs: dict[str, object] | None = None) -> str:
    editions = held.list_provider_editions(db.session(), slug) if slug else ()
    may_accredit = held.may_accredit(get_actor())
    return render_template(
        "coordinate/provider.html",
        slug=slug,
        form=form,
        editions=editions,
        words=[f"{{{word}}}" for word in held.PROVIDER_WORDS],
        theirs=theirs,
        stated=asdict(editions[0].text) if editions and editions[0].text.accredited and not may_accredit else None,
        to_ask=() if may_accredit else held.list_who_accredit(db.session()),
    )


@blueprint.get("/systems/new")
@allow("coordinator", "administrator")
def new_system() -> ResponseReturnValue:
    return _system_page("", SystemForm(formdata=None, data={"step": "0.25", "slug": ""}))


@blueprint.post("/systems/new")
@allow("coordinator", "administrator")
def begin_system() -> ResponseReturnValue:
    return _save_system("")


@blueprint.get("/systems/<slug>")
@allow("coordinator", "administrator")
def system(slug: str) -> ResponseReturnValue:
    newest = held.list_system_editions(db.session(), slug)[0]
    return _system_page(slug, SystemForm(formdata=None, data=_filled(newest.text)))


@blueprint.post("/systems/<slug>")
@allow("coordinator", "administrator")
def save_system(slug: str) -> ResponseReturnValue:
    held.list_system_editions(db.session(), slug)
    return _save_system(slug)


def _filled(text: SystemText) -> dict[str, object]:
    return asdict(text) | {"step": shown(text.step), "professions": list(text.professions)}


def _save_system(slug: str) -> ResponseReturnValue:
    form = SystemForm()
    name = slug or (form.slug.data or "").strip()
    try:
        held.save_system(db.session(), get_actor(), name, form.text(), based_on=_based_on(), now=clock.now())
    except Unfit as unfit:
        show_problems(form, unfit)
        return _system_page(slug, form), 422
    except StaleEdition as stale:
        return _system_page(stale.newest.slug, form, theirs=_filled(stale.newest.text)), 409
    flash("The edition is kept. Activities that are published keep theirs.", "success")
    return redirect(url_for("coordinate.providers", _anchor="systems"), 303)


def _system_page(slug: str, form: SystemForm, theirs: dict[str, object] | None = None) -> str:
    return render_template(
        "coordinate/system.html",
        slug=slug,
        form=form,
        editions=held.list_system_editions(db.session(), slug) if slug else (),
        words=[f"{{{word}}}" for word in held.CLAIM_WORDS],
        theirs=theirs,
    )


def _based_on() -> int:
    typed = request.form.get("based_on", "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= 9 else 0
