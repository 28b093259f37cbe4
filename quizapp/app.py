"""The factory: settings, extensions, blueprints, loaders. Nothing else."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Flask
from jinja2 import ChoiceLoader, FileSystemLoader, PrefixLoader, StrictUndefined
from limits.errors import ConfigurationError
from werkzeug.middleware.proxy_fix import ProxyFix

from quizapp import itemtypes, paths
from quizapp.db import extension as database
from quizapp.services.crediting.vault import Vault
from quizapp.web import (
    account,
    admin,
    author,
    coordinate,
    credit,
    disclosing,
    errors,
    factors,
    health,
    learn,
    lessons,
    log,
    own_data,
    pages,
    security,
    staging,
    teach,
    verify,
)

ENVIRONMENT = {
    "QUIZAPP_DATABASE_URL": "SQLALCHEMY_DATABASE_URI",
    "QUIZAPP_SECRET_KEY": "SECRET_KEY",
    "QUIZAPP_OLD_SECRET_KEYS": "SECRET_KEY_FALLBACKS",
    "QUIZAPP_REGISTRATION_OPEN": "REGISTRATION_OPEN",
    "QUIZAPP_PUBLIC_URL": "PUBLIC_URL",
    "QUIZAPP_SMTP_URL": "SMTP_URL",
    "QUIZAPP_MAIL_FROM": "MAIL_FROM",
    "QUIZAPP_RATE_LIMIT_STORE": "RATELIMIT_STORAGE_URI",
    "QUIZAPP_TRUSTED_PROXIES": "TRUSTED_PROXIES",
}
"""Environment variables and the settings they fill; each has its paragraph in docs/operations.md."""

SHORTEST_SECRET = 32
SWITCH_SECONDS = 0.0005


class Misconfigured(Exception):
    """The application refuses to start; the sentence says what to change."""


def create_app(settings: Mapping[str, Any] | None = None) -> Flask:
    """Build the application. `settings` win over the environment; raises Misconfigured with a sentence."""
    app = Flask("quizapp", static_folder=str(paths.package / "static"), template_folder=None)
    app.config.update(settings_from(os.environ) | dict(settings or {}))
    refuse_unsafe(app.config)
    app.jinja_options = {"undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}
    app.jinja_loader = ChoiceLoader(
        [
            FileSystemLoader(paths.templates()),
            PrefixLoader({"itemtypes": FileSystemLoader(itemtypes.type_folder)}),
        ]
    )
    log.init_app(app)
    database.init_app(app)
    try:
        security.init_app(app, database.db)
    except ConfigurationError as problem:
        raise Misconfigured(f"QUIZAPP_RATE_LIMIT_STORE names a store that cannot be used: {problem}") from problem
    app.extensions["vault"] = Vault(factors.derived_keys(app.config, "credit").values())
    pages.init_app(app)
    errors.init_app(app)
    for module in (
        learn,
        lessons,
        staging,
        teach,
        author,
        credit,
        coordinate,
        verify,
        disclosing,
        account,
        own_data,
        admin,
        health,
    ):
        app.register_blueprint(module.blueprint)
    if proxies := app.config["TRUSTED_PROXIES"]:
        # Otherwise everybody comes from the proxy’s address, and the limits on guessing shut all out at once.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies)  # type: ignore[method-assign]
    return app


def served() -> Flask:
    """The application in a process of the server."""
    # Who stores an answer gives the interpreter away with each statement. With Python’s 5 ms it gets it back that late
    # while other threads draw pages, and the whole line of writers waits: half as many answers, twice the waiting.
    sys.setswitchinterval(SWITCH_SECONDS)
    return create_app()


def settings_from(environ: Mapping[str, str]) -> dict[str, Any]:
    """All settings with their defaults. A local run (QUIZAPP_LOCAL) keeps its secret beside its database."""
    data = paths.data()
    local = environ.get("QUIZAPP_LOCAL") == "1"
    settings: dict[str, Any] = {
        "LOCAL": local,
        "DATA": data,
        "SQLALCHEMY_DATABASE_URI": f"sqlite:///{data / 'quizapp.sqlite3'}",
        "REGISTRATION_OPEN": True,
        "PUBLIC_URL": "http://localhost:8000" if local else "",
        "SMTP_URL": "",
        "MAIL_FROM": "quizapp@localhost",
        "RATELIMIT_STORAGE_URI": "memory://",
        "TRUSTED_PROXIES": 0,
        "SECRET_KEY_FALLBACKS": [],
        "MAX_CONTENT_LENGTH": 1_000_000,
        "MAX_FORM_MEMORY_SIZE": 500_000,
        "MAX_FORM_PARTS": 1_000,
    }
    for variable, setting in ENVIRONMENT.items():
        if variable in environ:
            settings[setting] = _typed(environ[variable], settings.get(setting))
    if local and "SECRET_KEY" not in settings:
        settings["SECRET_KEY"] = local_secret(data)
    return settings


def _typed(text: str, default: Any) -> Any:
    if isinstance(default, bool):
        return text.strip().lower() in {"1", "true", "yes", "on"}
    if isinstance(default, list):
        return [part.strip() for part in text.split(",") if part.strip()]
    return int(text) if isinstance(default, int) else text


def refuse_unsafe(settings: Mapping[str, Any]) -> None:
    """Stop before anybody signs in under a key that others could guess."""
    key = settings.get("SECRET_KEY")
    if not key:
        raise Misconfigured(
            "No secret key is set. Put at least 32 random characters into QUIZAPP_SECRET_KEY, "
            'for example the output of: python3 -c "import secrets; print(secrets.token_urlsafe(48))"'
        )
    if len(str(key)) < SHORTEST_SECRET or len(set(str(key))) < SHORTEST_SECRET // 4:
        raise Misconfigured("QUIZAPP_SECRET_KEY is too short or too regular; use at least 32 random characters.")


def local_secret(data: Path) -> str:
    """The secret of a local run, made once. Two processes that start at once agree on one file."""
    data.mkdir(parents=True, exist_ok=True)
    file = data / "secret_key"
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as new:
            new.write(secrets.token_urlsafe(48))
    except FileExistsError:
        pass
    return file.read_text()
