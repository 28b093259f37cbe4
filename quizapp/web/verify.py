"""Is a certificate what its provider issued? For anybody: by its code, or with what an offline check needs."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from quizapp import clock
from quizapp.core.credit.amounts import shown
from quizapp.db.extension import db
from quizapp.formats.certificate.facts import read_code
from quizapp.services.crediting import keys, verifying
from quizapp.services.crediting.vault import Locked
from quizapp.web import throttle
from quizapp.web.allow import allow
from quizapp.web.pages import whole_site
from quizapp.web.press import vault

blueprint = Blueprint("verify", __name__, url_prefix="/verify")
LONGEST_CODE = 40


@blueprint.get("")
@allow("anyone")
def index() -> ResponseReturnValue:
    """Type a code; what was typed leads to its page."""
    typed = request.args.get("code", "")[:LONGEST_CODE]
    if typed.strip():
        read = read_code(typed)
        if read is not None:
            return redirect(url_for("verify.code", code=read))
        return page(
            typed, "A code has twelve letters and digits, for example 7K3M-Q9TX-42PD. Compare it sign by sign."
        ), 422
    return page("", "")


def page(typed: str, problem: str) -> str:
    return render_template("credit/verify.html", typed=typed, problem=problem)


@blueprint.get("/<code>")
@allow("anyone")
def code(code: str) -> ResponseReturnValue:
    """What a certificate shows, and whether it is still good; each look is counted, so that codes cannot be tried."""
    if (refused := throttle.count_look_up()) is not None:
        return refused
    found = verifying.look_up(db.session(), code[:LONGEST_CODE])
    if found is None:
        return page(code[:LONGEST_CODE], "No certificate was issued under this code. Compare it sign by sign."), 404
    read = read_code(code)
    if read != code:
        return redirect(url_for("verify.code", code=read))
    return render_template("credit/verified.html", shown=found, facts=found.facts, amount=shown(found.facts.quarters))


@blueprint.get("/keys.json")
@allow("anyone")
def public_keys() -> ResponseReturnValue:
    """The public keys of all providers, for `quizapp cme verify --keys`."""
    response = Response(keys.public(db.session()), mimetype="application/jwk-set+json")
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


@blueprint.get("/keys/<kid>")
@allow("anyone")
def public_key(kid: str) -> ResponseReturnValue:
    """One public key, where a credential says that it lies."""
    response = Response(keys.get_public(db.session(), kid), mimetype="application/jwk+json")
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


@blueprint.get("/revocations")
@allow("anyone")
def revocations() -> ResponseReturnValue:
    """The credentials that are no longer good, where each of them says that it is told."""
    if (refused := throttle.count_look_up()) is not None:
        return refused
    return Response(verifying.revocation_list(db.session(), whole_site()), mimetype="application/json")


@blueprint.get("/status")
@allow("anyone")
def status() -> ResponseReturnValue:
    """The signed list of what was revoked or superseded, for `quizapp cme verify --status`."""
    if (refused := throttle.count_look_up()) is not None:
        return refused
    try:
        told = verifying.status_list(db.session(), vault(), clock.now())
    except keys.NoKey:
        return Response("No certificate was issued yet.\n", status=404, mimetype="text/plain")
    except Locked:
        current_app.logger.exception("the list of what is no longer good could not be signed")
        told = "The list cannot be signed at the moment. Whoever runs this site finds the reason in its log.\n"
        return Response(told, status=503, mimetype="text/plain")
    return Response(told, mimetype="application/jwt")
