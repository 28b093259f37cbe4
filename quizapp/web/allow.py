"""Who may enter: every view says so with `@allow`, and one guard before every request keeps it.

A view that says nothing is shut. Views of extensions, which cannot be decorated, stand in `DECLARED` with a reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar, get_args
from typing import Literal as OneOf

from flask import Flask, abort, current_app, flash, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from quizapp import clock
from quizapp.db.extension import db
from quizapp.services.accounts import Actor, find_actor

Who = OneOf["anyone", "signed_in", "student", "instructor", "coordinator", "administrator"]
View = TypeVar("View", bound=Callable[..., Any])

NOBODY: frozenset[str] = frozenset()
DECLARED: dict[str, tuple[frozenset[str], str]] = {
    "static": (frozenset({"anyone"}), "style, scripts and fonts hold nothing personal"),
    "security.login": (frozenset({"anyone"}), "signing in"),
    "security.logout": (frozenset({"anyone"}), "signing out twice is harmless"),
    "security.register": (frozenset({"anyone"}), "opening an account, while registration is open"),
    "security.send_confirmation": (frozenset({"anyone"}), "asking again for the mail that confirms an address"),
    "security.confirm_email": (frozenset({"anyone"}), "the link in that mail carries its own proof"),
    "security.forgot_password": (frozenset({"anyone"}), "asking for a link to a new password"),
    "security.reset_password": (frozenset({"anyone"}), "the link in that mail carries its own proof"),
    "security.two_factor_token_validation": (frozenset({"anyone"}), "second step of signing in; the first is checked"),
    "security.tf_select": (frozenset({"anyone"}), "second step of signing in; the first is checked"),
    "security.mf_recovery": (frozenset({"anyone"}), "second step of signing in; the first is checked"),
    "security.wan_signin": (frozenset({"anyone"}), "signing in with a passkey"),
    "security.wan_signin_response": (frozenset({"anyone"}), "signing in with a passkey"),
    "security.change_password": (frozenset({"signed_in"}), "one’s own password; the old one is asked for"),
    "security.verify": (frozenset({"signed_in"}), "giving the password once more before a sensitive change"),
    "security.wan_verify": (frozenset({"signed_in"}), "the same with a passkey"),
    "security.wan_verify_response": (frozenset({"signed_in"}), "the same with a passkey"),
    "security.two_factor_setup": (frozenset({"signed_in"}), "one’s own authenticator app"),
    "security.two_factor_setup_validate": (frozenset({"signed_in"}), "one’s own authenticator app"),
    "security.mf_recovery_codes": (frozenset({"signed_in"}), "one’s own recovery codes"),
    "security.wan_register": (frozenset({"signed_in"}), "one’s own passkeys"),
    "security.wan_register_response": (frozenset({"signed_in"}), "one’s own passkeys"),
    "security.wan_delete": (frozenset({"signed_in"}), "one’s own passkeys"),
    "security.two_factor_rescue": (NOBODY, "recovery codes take its place"),
    "security.static": (NOBODY, "our own pages and script take its place"),
}
"""Endpoint of an extension → who may enter, and why."""

_PLAIN_PATH = re.compile(r"/(?!/)[A-Za-z0-9._~!$&'()*+,;=:@/?%-]*")
_ENCODED = re.compile(r"%(2f|5c|0|1|7f)", re.IGNORECASE)
SECRETS = {"password", "password_confirm", "new_password", "new_password_confirm", "code", "credential"}


def allow(*who: Who) -> Callable[[View], View]:
    """Say who may enter a view: anyone, anybody signed in, or one of the roles named. Raises ValueError at import."""
    if not who or set(who) - set(get_args(Who)):
        raise ValueError(f"allow() takes one or more of {', '.join(get_args(Who))}; it was given {who}")

    def declare(view: View) -> View:
        view.allowed = frozenset(who)  # type: ignore[attr-defined]
        return view

    return declare


def allowed(app: Flask, endpoint: str) -> frozenset[str] | None:
    """Who may enter an endpoint: role names, "anyone", "signed_in"; empty for nobody; None if it does not say."""
    if endpoint in DECLARED:
        return DECLARED[endpoint][0]
    found: frozenset[str] | None = getattr(app.view_functions.get(endpoint), "allowed", None)
    return found


def init_app(app: Flask) -> None:
    app.before_request(guard)


def guard() -> ResponseReturnValue | None:
    """Let the request in (None), ask a visitor to sign in, or refuse with 403 or 404."""
    if request.endpoint is None:
        return None  # no such page; Flask answers 404
    who = allowed(current_app, request.endpoint)
    if who is None:
        current_app.logger.error("endpoint %s does not say who may enter", request.endpoint)
        abort(403)
    if not who:
        abort(404)
    if "anyone" in who:
        return None
    actor = current_actor()
    if actor is None:
        return sign_in_first()
    if "signed_in" not in who and not actor.roles & who:
        abort(403)
    return None


def current_actor() -> Actor | None:
    """The person behind this request, looked up once; None for a visitor, an ended sign-in or a suspended account."""
    if "actor" not in g:
        sid = session.get("sid")
        g.actor = find_actor(db.session(), sid, clock.now()) if sid else None
    found: Actor | None = g.actor
    return found


def get_actor() -> Actor:
    """The person behind this request, in a view that lets nobody else in. Raises Unauthorized for a visitor."""
    actor = current_actor()
    if actor is None:
        abort(401)
    return actor


def plain_local_path(url: str) -> bool:
    """Whether a `next=` stays on this site: one slash, then no second one, no backslash, no control character, and
    none of them encoded; browsers read all of those as the beginning of another host."""
    return (
        len(url) <= 2_000
        and _PLAIN_PATH.fullmatch(url) is not None
        and "//" not in url.partition("?")[0]
        and not _ENCODED.search(url.partition("?")[0])
    )


def sign_in_first() -> ResponseReturnValue:
    """Send a visitor to the sign-in page; a form that came in too late is kept on a page of its own (401)."""
    if request.method in {"GET", "HEAD"}:
        target = request.full_path.rstrip("?")
        flash("Please sign in to see this page.", "info")
        return redirect(url_for("security.login", next=target if plain_local_path(target) else None))
    return keep_typed(
        "You are no longer signed in",
        "Your sign-in had ended before this form arrived, so it was not carried out.",
        401,
        may_resend=True,  # its CSRF token was good, so it came from a page of ours
    )


def keep_typed(
    title: str, happened: str, status: int, *, may_resend: bool, from_our_page: bool = False
) -> ResponseReturnValue:
    """A page that gives back what was typed and can send it again; nothing of a form with a password, code or file.

    What may be sent again, and what is known to come `from_our_page`, is shown; else others could write on our pages.
    """
    withheld = bool(request.files) or any(name in SECRETS for name in request.form)
    fields = request.form.items(multi=True)
    # No page can hold the sign that no database keeps.
    typed = [(name, value.replace("\0", "\N{REPLACEMENT CHARACTER}")) for name, value in fields if name != "csrf_token"]
    page = render_template(
        "account/kept.html",
        title=title,
        happened=happened,
        signed_in=current_actor() is not None,
        typed=typed,
        may_resend=may_resend and not withheld,
        shown=(may_resend or from_our_page) and not withheld,
        action=request.path,
    )
    return page, status
