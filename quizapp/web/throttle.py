"""Limits on guessing passwords, codes and recovery codes, and on having mail sent to others.

Counted for the address a request comes from and, more tightly, for the account it is about. Signing in clears the
account’s count. The counters live in the process unless RATELIMIT_STORAGE_URI names a store that all processes share.
"""

from __future__ import annotations

import hashlib
import math

from flask import Flask, current_app, render_template, request, session
from flask.typing import ResponseReturnValue
from limits import RateLimitItem, parse
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter

from quizapp import clock
from quizapp.web.allow import current_actor

PER_ADDRESS = parse("300 per 10 minutes")
"""Wide: a whole class may sign in from one hospital’s address at nine o’clock."""
PER_ACCOUNT = parse("10 per 15 minutes")
LOOK_UPS_PER_ADDRESS = parse("60 per minute")
"""Of certificates by their codes. A code cannot be guessed; this keeps a machine from trying all the same."""
MAILS_PER_ADDRESS = parse("200 per hour")
MAILS_PER_ACCOUNT = parse("5 per hour")

ASKS_FOR_MAIL = {"security.register", "security.forgot_password", "security.send_confirmation"}
UNGUARDED = {"security.logout"}


def init_app(app: Flask) -> None:
    storage = storage_from_string(app.config.get("RATELIMIT_STORAGE_URI", "memory://"))
    app.extensions["throttle"] = MovingWindowRateLimiter(storage)


def check() -> ResponseReturnValue | None:
    """Count a POST to a page of Flask-Security; past a limit give the page that says how long to wait (429)."""
    if request.method != "POST" or request.endpoint in UNGUARDED:
        return None
    return _count(mail=request.endpoint in ASKS_FOR_MAIL)


def count_try() -> ResponseReturnValue | None:
    """Count a try to guess something else than a password; past a limit give the page as `check` does."""
    return _count(mail=False)


def count_look_up() -> ResponseReturnValue | None:
    """Count a look at a certificate by its code; past a limit give the page as `check` does."""
    return _refuse_beyond([(LOOK_UPS_PER_ADDRESS, f"look-up/{request.remote_addr}")], mail=False)


def _count(*, mail: bool) -> ResponseReturnValue | None:
    counted = [(MAILS_PER_ADDRESS if mail else PER_ADDRESS, f"address/{request.remote_addr}")]
    counted += [(MAILS_PER_ACCOUNT if mail else PER_ACCOUNT, account) for account in _accounts()]
    return _refuse_beyond(counted, mail=mail)


def _refuse_beyond(counted: list[tuple[RateLimitItem, str]], *, mail: bool) -> ResponseReturnValue | None:
    strategy: MovingWindowRateLimiter = current_app.extensions["throttle"]
    for limit, key in counted:
        if not strategy.hit(limit, key):
            until = strategy.get_window_stats(limit, key).reset_time
            seconds = max(1, math.ceil(until - clock.now().timestamp()))
            signed_in = current_actor() is not None
            minutes = math.ceil(seconds / 60)
            page = render_template("security/wait.html", minutes=minutes, mail=mail, signed_in=signed_in)
            return page, 429, {"Retry-After": str(seconds)}
    return None


def forgive() -> None:
    """Forget the failed attempts on the account that has just signed in."""
    strategy: MovingWindowRateLimiter = current_app.extensions["throttle"]
    for account in (*_accounts(), *_accounts(session.get("_user_id"))):
        strategy.clear(PER_ACCOUNT, account)


def _accounts(uniquifier: str | None = None) -> list[str]:
    """Whose account the request is about: the address typed, the person half signed in, the person signed in."""
    typed = request.form.get("email", "").strip().lower()
    half_way = uniquifier or session.get("tf_user_id")
    actor = current_actor() if not (typed or half_way) else None
    about = {"typed": typed, "half-way": half_way, "actor": actor.id if actor else None}
    return [f"{kind}/{hashlib.sha256(str(who).encode()).hexdigest()[:32]}" for kind, who in about.items() if who]
