"""Providers and systems of credit: what they say, in editions that are written once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from quizapp import clock
from quizapp.core.credit.amounts import shown
from quizapp.core.preferences import Unfit
from quizapp.db.extension import db
from quizapp.services.crediting import providers as held
from quizapp.services.crediting.providers import Held, ProviderText, StaleEdition, SystemText
from quizapp.web.account import show_problems
from quizapp.web.allow import allow, get_actor
from quizapp.web.coordinate.blueprint import blueprint
from quizapp.web.coordinate.forms import ProviderForm, SystemForm, sent_number


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
    return _save("", _provider_form(), held.save_provider, _provider_page)


@blueprint.get("/providers/<slug>")
@allow("coordinator", "administrator")
def provider(slug: str) -> ResponseReturnValue:
    newest = held.list_provider_editions(db.session(), slug)[0]
    return _provider_page(slug, _provider_form(formdata=None, data=asdict(newest.text)))


@blueprint.post("/providers/<slug>")
@allow("coordinator", "administrator")
def save_provider(slug: str) -> ResponseReturnValue:
    held.list_provider_editions(db.session(), slug)
    return _save(slug, _provider_form(), held.save_provider, _provider_page)


def _provider_form(**filled: Any) -> ProviderForm:
    form = ProviderForm(**filled)
    if not held.may_accredit(get_actor()):
        del form.accredited
    return form


def _provider_page(slug: str, form: ProviderForm, based_on: int | None = None, *, meanwhile: bool = False) -> str:
    editions = held.list_provider_editions(db.session(), slug) if slug else ()
    may_accredit = held.may_accredit(get_actor())
    return render_template(
        "coordinate/provider.html",
        slug=slug,
        form=form,
        editions=editions,
        based_on=_begun_from(based_on, editions),
        words=[f"{{{word}}}" for word in held.PROVIDER_WORDS],
        theirs=asdict(editions[0].text) if meanwhile else None,
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
    return _save("", SystemForm(), held.save_system, _system_page, "systems")


@blueprint.get("/systems/<slug>")
@allow("coordinator", "administrator")
def system(slug: str) -> ResponseReturnValue:
    newest = held.list_system_editions(db.session(), slug)[0]
    return _system_page(slug, SystemForm(formdata=None, data=_filled(newest.text)))


@blueprint.post("/systems/<slug>")
@allow("coordinator", "administrator")
def save_system(slug: str) -> ResponseReturnValue:
    held.list_system_editions(db.session(), slug)
    return _save(slug, SystemForm(), held.save_system, _system_page, "systems")


def _filled(text: SystemText) -> dict[str, object]:
    return asdict(text) | {"step": shown(text.step), "professions": list(text.professions)}


def _system_page(slug: str, form: SystemForm, based_on: int | None = None, *, meanwhile: bool = False) -> str:
    editions = held.list_system_editions(db.session(), slug) if slug else ()
    return render_template(
        "coordinate/system.html",
        slug=slug,
        form=form,
        editions=editions,
        based_on=_begun_from(based_on, editions),
        words=[f"{{{word}}}" for word in held.CLAIM_WORDS],
        theirs=_filled(editions[0].text) if meanwhile else None,
    )


def _begun_from(based_on: int | None, editions: Sequence[Held[Any]]) -> int:
    """The edition that a form began from: the one it came back with, else the newest."""
    return based_on if based_on is not None else editions[0].edition if editions else 0


def _save(
    slug: str, form: Any, save: Callable[..., int], page: Callable[..., str], anchor: str | None = None
) -> ResponseReturnValue:
    """Keep what was typed as the next edition of a provider or a system, whose `save` and `page` these are."""
    name, based_on = slug or (form.slug.data or "").strip(), sent_number("based_on")
    try:
        save(db.session(), get_actor(), name, form.text(), based_on=based_on, now=clock.now())
    except Unfit as unfit:
        show_problems(form, unfit)
        return page(slug, form, based_on), 422
    except StaleEdition as stale:
        return page(stale.newest.slug, form, meanwhile=True), 409
    flash("The edition is kept. Activities that are published keep theirs.", "success")
    return redirect(url_for("coordinate.providers", _anchor=anchor), 303)
