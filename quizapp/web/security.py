"""Signing in: Flask-Security set up for this program.

Sign-ins end on the server: the signed cookie carries `sid`, and a row in the database says whether it still lives.
Nothing here needs an inline script, a nonce or a data: image; every page of Flask-Security is replaced by our own.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any

import flask_login
import flask_security
from flask import (
    Flask,
    Response,
    abort,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_security import Security, UserMixin
from flask_security.core import FormInfo
from flask_security.utils import set_request_attr
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.datastructures import ImmutableMultiDict

from quizapp import clock
from quizapp.services.credentials import ChangedMeanwhile, SignIn
from quizapp.web import allow, throttle
from quizapp.web import sign_in_forms as forms
from quizapp.web.factors import AuthenticatorCodes, OneAtATime, Passkeys, Passwords, derived_keys
from quizapp.web.userstore import SUSPENDED, Account, OutboxMail, Userstore, pending

STAY = dt.timedelta(days=30)
ONE_DAY = dt.timedelta(hours=12)
SHORTEST_PASSWORD = 10
SECOND_STEPS = {"security.two_factor_token_validation", "security.tf_select", "security.mf_recovery"}
"""How long a sign-in lasts: a month on one’s own device, a working day where others may sit down next."""

SETTINGS: dict[str, Any] = {
    "CACHE_CONTROL": {"private": True, "no-store": True},
    "CHANGEABLE": True,
    "CLI_ROLES_NAME": None,
    "CLI_USERS_NAME": None,
    "CONFIRMABLE": True,
    "CONFIRM_EMAIL_WITHIN": dt.timedelta(days=2),
    "DATETIME_FACTORY": clock.now,
    "EMAIL_HTML": False,
    "EMAIL_VALIDATOR_ARGS": {"check_deliverability": False},  # no look-up on the network while somebody waits
    "EMAIL_SUBJECT_CONFIRM": "Confirm your address",
    "EMAIL_SUBJECT_PASSWORD_CHANGE_NOTICE": "Your password was changed",
    "EMAIL_SUBJECT_PASSWORD_NOTICE": "Your password was changed",
    "EMAIL_SUBJECT_PASSWORD_RESET": "A new password for Quizapp",
    "EMAIL_SUBJECT_REGISTER": "Your account with Quizapp",
    "FRESHNESS": dt.timedelta(minutes=30),
    "FRESHNESS_GRACE_PERIOD": dt.timedelta(minutes=30),
    "API_ENABLED_METHODS": ["session"],
    "HASHING_SCHEMES": ["hex_sha256"],  # of an argon2 hash, inside a signed link: nothing to guess, and no slow path
    "MULTI_FACTOR_RECOVERY_CODES": True,
    "MULTI_FACTOR_RECOVERY_CODES_N": 8,
    "PASSWORD_LENGTH_MIN": SHORTEST_PASSWORD,
    "PASSWORD_SCHEMES": ["argon2"],
    "PASSWORD_SINGLE_HASH": True,  # argon2 salts each password; a second, global salt could never be changed again
    "POST_CHANGE_VIEW": "account.signing_in",
    "POST_CONFIRM_VIEW": ".login",
    "POST_LOGIN_VIEW": "learn.today",
    "POST_LOGOUT_VIEW": ".login",
    "POST_REGISTER_VIEW": ".login",
    "POST_RESET_VIEW": ".login",
    "POST_VERIFY_VIEW": "account.signing_in",
    "RECOVERABLE": True,
    "REGISTERABLE": True,
    "RESET_PASSWORD_WITHIN": dt.timedelta(hours=2),
    "RETURN_GENERIC_RESPONSES": True,
    "TOTP_ISSUER": "Quizapp",
    "TWO_FACTOR": True,
    "TWO_FACTOR_AUTHENTICATOR_VALIDITY": 30,
    "TWO_FACTOR_ENABLED_METHODS": ["authenticator"],
    "TWO_FACTOR_POST_SETUP_VIEW": "account.signing_in",
    "TWO_FACTOR_RESCUE_EMAIL": False,
    "VERIFY_URL": "/password-again",  # `/verify` is where anybody judges a certificate
    "WAN_ALLOW_USER_HINTS": False,  # an address must not tell whether it has a passkey
    "WAN_POST_REGISTER_VIEW": "account.signing_in",
    "WAN_REGISTER_WITHIN": dt.timedelta(minutes=10),
    "WAN_RP_NAME": "Quizapp",
    "WAN_SIGNIN_WITHIN": dt.timedelta(minutes=5),
    "WEBAUTHN": True,
}

MESSAGES = {
    "ALREADY_CONFIRMED": ("This address is confirmed already. You can sign in.", "info"),
    "API_ERROR": ("This did not arrive in one piece. Please start again.", "error"),
    "CONFIRMATION_EXPIRED": ("This link is older than %(within)s. Ask for a new one here.", "error"),
    "CONFIRMATION_REQUEST": (
        "If there is an account for %(email)s that is not confirmed yet, a mail with a link is on its way.",
        "info",
    ),
    "CONFIRMATION_REQUIRED": (
        "Your address is not confirmed yet. Follow the link in our mail, or ask for a new one.",
        "error",
    ),
    "CONFIRM_REGISTRATION": ("Thank you. Please follow the link in the mail we are sending to %(email)s.", "success"),
    "DISABLED_ACCOUNT": (SUSPENDED, "error"),
    "EMAIL_CONFIRMED": ("Your address is confirmed. You can sign in now.", "success"),
    "EMAIL_NOT_PROVIDED": ("Enter your email address.", "error"),
    "GENERIC_AUTHN_FAILED": ("Address and password do not match. Check both, or ask for a new password.", "error"),
    "GENERIC_RECOVERY": ("If there is an account for this address, a mail with a link is on its way.", "info"),
    "INVALID_CONFIRMATION_TOKEN": ("This link is not complete. Copy all of it, or ask for a new one here.", "error"),
    "INVALID_EMAIL_ADDRESS": ("This does not look like an email address.", "error"),
    "INVALID_PASSWORD": ("This is not your present password.", "error"),
    "INVALID_RECOVERY_CODE": ("This recovery code is not known or has been used.", "error"),
    "INVALID_REDIRECT": ("That address is not part of this site.", "error"),
    "INVALID_RESET_PASSWORD_TOKEN": ("This link was used already or is not complete. Ask for a new one here.", "error"),
    "NO_RECOVERY_CODES_SETUP": ("There are no recovery codes yet.", "info"),
    "PASSWORD_CHANGE": ("Your password is changed. Every other device was signed out.", "success"),
    "PASSWORD_INVALID_LENGTH": ("Use at least %(length)s characters; a few words in a row are best.", "error"),
    "PASSWORD_IS_THE_SAME": ("Choose a password other than the present one.", "error"),
    "PASSWORD_NOT_PROVIDED": ("Enter your password.", "error"),
    "PASSWORD_RESET_EXPIRED": ("This link is older than %(within)s. Ask for a new one here.", "error"),
    "PASSWORD_RESET_NO_LOGIN": ("Your password is changed. Sign in with the new one.", "success"),
    "PASSWORD_RESET_REQUEST": ("If there is an account for %(email)s, a mail with a link is on its way.", "info"),
    "REAUTHENTICATION_REQUIRED": ("Before this change, please show once more that it is you.", "info"),
    "REAUTHENTICATION_SUCCESSFUL": ("Thank you. You can go on.", "info"),
    "RETYPE_PASSWORD_MISMATCH": ("The two passwords differ.", "error"),
    "TWO_FACTOR_CHANGE_METHOD_SUCCESSFUL": ("Your authenticator app is set up. Make recovery codes next.", "success"),
    "TWO_FACTOR_DISABLED": ("The authenticator app is no longer asked for.", "success"),
    "TWO_FACTOR_INVALID_TOKEN": ("This code is not right or was used already. Enter the one shown now.", "error"),
    "TWO_FACTOR_LOGIN_SUCCESSFUL": ("You are signed in.", "success"),
    "TWO_FACTOR_METHOD_NOT_AVAILABLE": ("Choose one of the ways offered.", "error"),
    "TWO_FACTOR_PERMISSION_DENIED": ("Signing in took too long or was begun elsewhere. Please start again.", "error"),
    "TWO_FACTOR_SETUP_EXPIRED": ("This took longer than %(within)s. Please start again.", "error"),
    "WEBAUTHN_CREDENTIAL_DELETED": ("The passkey “%(name)s” is removed.", "info"),
    "WEBAUTHN_CREDENTIAL_ID_INUSE": ("This passkey is registered already.", "error"),
    "WEBAUTHN_CREDENTIAL_WRONG_USAGE": ("This passkey cannot be used here.", "error"),
    "WEBAUTHN_EXPIRED": ("This took longer than %(within)s. Please start again.", "error"),
    "WEBAUTHN_MISMATCH_USER_HANDLE": ("This passkey belongs to another account.", "error"),
    "WEBAUTHN_NAME_DISALLOWED_CHARACTERS": ("Use letters, digits, spaces, hyphens and underscores only.", "error"),
    "WEBAUTHN_NAME_INUSE": ("You have a passkey called “%(name)s” already.", "error"),
    "WEBAUTHN_NAME_NOT_FOUND": ("You have no passkey called “%(name)s”.", "error"),
    "WEBAUTHN_NAME_REQUIRED": ("Give the passkey a name, for example “My phone”.", "error"),
    "WEBAUTHN_NO_VERIFY": ("The passkey could not be checked. Please try again.", "error"),
    "WEBAUTHN_ORPHAN_CREDENTIAL_ID": ("This passkey is not known here.", "error"),
    "WEBAUTHN_REGISTER_SUCCESSFUL": ("The passkey “%(name)s” is added.", "success"),
    "WEBAUTHN_UNKNOWN_CREDENTIAL_ID": ("This passkey is not known here.", "error"),
}


def hash_password(password: str) -> str:
    """The argon2 hash to be stored for a password; slow on purpose, so never inside a transaction. Needs the app."""
    hashed: str = flask_security.hash_password(password)
    return hashed


def init_app(app: Flask, db: Any) -> None:
    """Set up sign-in, CSRF protection, `@allow` and the limits on guessing, in the order in which they must act.

    `db`: the Flask-SQLAlchemy extension, already set up.
    """
    _configure(app)
    CSRFProtect(app)  # before everything that could act on a request
    app.register_error_handler(CSRFError, _ask_again)
    allow.init_app(app)
    store = Userstore(db)
    security = Security(
        app,
        store,
        login_form=forms.SignInForm,
        forgot_password_form=forms.ForgotPasswordForm,
        two_factor_setup_form=forms.AuthenticatorForm,
        two_factor_rescue_form=forms.RescueForm,
        two_factor_select_form=forms.SecondStepForm,
        wan_register_form=forms.NewPasskeyForm,
        wan_signin_response_form=forms.PasskeyForm,
        mail_util_cls=OutboxMail,
        password_util_cls=Passwords,
        totp_cls=AuthenticatorCodes,
        webauthn_util_cls=Passkeys,
    )
    security.pwd_context = OneAtATime(security.pwd_context, db.session.rollback)
    security.want_json(lambda _request: False)
    security.mail_context_processor(lambda: {"public_url": app.config.get("PUBLIC_URL") or request.host_url})
    for name, form in security.forms.items():
        security.set_form_info(name, FormInfo(forms.worded, form.cls))
    _quieten(app, security)
    app.before_request_funcs.setdefault("security", []).extend([_refuse_odd_requests, throttle.check])
    for endpoint, view in app.view_functions.items():
        if endpoint.startswith("security.") and endpoint != "security.static":
            app.view_functions[endpoint] = _one_deed(store, view)
    throttle.init_app(app)
    flask_security.user_authenticated.connect(_begin, app)
    flask_login.user_logged_out.connect(_end, app)


def _configure(app: Flask) -> None:
    local = bool(app.config.get("LOCAL"))
    for name, value in SETTINGS.items():
        app.config.setdefault(f"SECURITY_{name}", value)
    for name, message in MESSAGES.items():
        app.config.setdefault(f"SECURITY_MSG_{name}", message)
    app.config.setdefault("REGISTRATION_OPEN", True)
    app.config.setdefault("PASSWORD_MEMORY_KIB", 19_456)
    app.config.setdefault("PASSWORD_ROUNDS", 2)
    app.config.update(
        SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS={
            "argon2__memory_cost": app.config["PASSWORD_MEMORY_KIB"],
            "argon2__rounds": app.config["PASSWORD_ROUNDS"],
            "argon2__parallelism": 1,
        },
        SECURITY_TOTP_SECRETS=derived_keys(app.config, "totp"),
        SECURITY_MULTI_FACTOR_RECOVERY_CODES_KEYS=list(derived_keys(app.config, "recovery codes").values()),
        # A browser keeps a __Host- cookie to this very host, and takes it over an encrypted connection only.
        SESSION_COOKIE_NAME="session" if local else "__Host-session",
        SESSION_COOKIE_SECURE=not local,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=STAY,
        SESSION_PROTECTION=None,  # a phone changes its address on the way home
        WTF_CSRF_TIME_LIMIT=None,  # a question may stay open all evening; the token ends with the session
    )


def _quieten(app: Flask, security: Security) -> None:
    """Take out what would look the user up again on every request, or let somebody in without a living sign-in."""
    manager = security.login_manager
    manager.user_loader(_load_account)
    manager.request_loader(lambda _request: None)  # no tokens in addresses or headers
    app.template_context_processors[None].remove(flask_login.utils._user_context_processor)
    app.after_request_funcs[None].remove(manager._update_remember_cookie)
    security.principal.identity_loaders.clear()


def _load_account(uniquifier: str) -> Account | None:
    actor = allow.current_actor()
    account = current_app.extensions["security"].datastore.find_user(id=actor.id) if actor else None
    if account is None or account.fs_uniquifier != uniquifier:
        return None
    set_request_attr("fs_authn_via", "session")
    set_request_attr("fs_paa", session.get("fs_paa", 0))
    found: Account = account
    return found


def _refuse_odd_requests() -> ResponseReturnValue | None:
    """Keep JSON, strange `next=`, a second step that nobody began and a closed registration from Flask-Security."""
    if request.is_json:
        abort(415)
    if request.endpoint in SECOND_STEPS and allow.current_actor() is not None:
        # Flask-Security would end the sign-in of whoever merely opens the page.
        return redirect(url_for("learn.today"))
    for source in ("args", "form"):
        values: ImmutableMultiDict[str, str] = getattr(request, source)
        if not all(allow.plain_local_path(target) for target in values.getlist("next") if target):
            kept = [(name, value) for name, value in values.items(multi=True) if name != "next"]
            setattr(request, source, ImmutableMultiDict(kept))
    if request.endpoint == "security.register" and not current_app.config["REGISTRATION_OPEN"]:
        return render_template("security/registration_closed.html"), 403
    if request.endpoint == "security.confirm_email" and request.method == "GET":
        # Mail scanners follow links; only a person presses a button.
        return render_template("security/confirm_email.html")
    return None


def _one_deed(store: Userstore, view: Callable[..., Any]) -> Callable[..., Response]:
    """Keep all that a view of Flask-Security changes before its answer leaves; if that fails, nothing has happened."""

    @wraps(view)
    def deed(**values: Any) -> Response:
        before = dict(session)
        response = make_response(view(**values))
        if request.method in {"GET", "HEAD"}:
            return response
        signed_in = pending().sign_in is not None
        try:
            store.commit()
        except ChangedMeanwhile:
            session.clear()
            session.update(before)
            abort(409)
        if signed_in:
            throttle.forgive()
        return response

    return deed


def _begin(_app: Flask, user: UserMixin, authn_via: list[str] | None = None, **_: Any) -> None:
    """A person has shown who they are, by whichever way: give this browser a new sign-in and end its old one."""
    if user.is_locked():
        abort(403)
    stay = session.pop("_remember", None) == "set" or (authn_via == ["change"] and session.permanent)
    session.pop("_remember_seconds", None)
    changes = pending()
    changes.ended_sid = session.get("sid")
    session["sid"] = secrets.token_urlsafe(32)
    session.permanent = stay
    expires_at = clock.now() + (STAY if stay else ONE_DAY)
    changes.sign_in = SignIn(session["sid"], user.id, user.fs_uniquifier, expires_at)


def _end(_app: Flask, **_: Any) -> None:
    pending().ended_sid = session.pop("sid", None)
    session.pop("_remember", None)
    session.permanent = False


def _ask_again(_error: CSRFError) -> ResponseReturnValue:
    """A form without a valid token: from a page of ours that outlived its session, or from somebody else’s site."""
    return allow.keep_typed(
        "Please send this form once more",
        "Your browser had forgotten this visit, so the form was not carried out.",
        400,
        # Only a page of ours may have its form sent again at the press of a button.
        may_resend=request.headers.get("Sec-Fetch-Site") == "same-origin",
    )
