"""What every page has: places, the person, versioned static files, security headers."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, Response, current_app, has_request_context, request, url_for

from quizapp.core.preferences import Preferences
from quizapp.core.wording import plain_day
from quizapp.services.accounts import Actor
from quizapp.web.allow import current_actor

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
YEAR_SECONDS = 31_536_000

PLACES = (
    ("today", "Today", "learn.today"),
    ("lessons", "Lessons", "lessons.index"),
    ("practice", "Practice", "learn.practice"),
    ("progress", "Progress", "learn.progress"),
    ("sessions", "Sessions", "learn.sessions"),
)
CREDIT = ("credit", "Credit", "credit.index")
TEACHING = ("teach", "Teach", "teach.index")
AUTHORING = ("author", "Author", "author.index")
COORDINATING = ("coordinate", "Coordinate", "coordinate.index")
IN_MENU = frozenset({"credit", "coordinate"})
"""Places that stand beside the others on a wide screen alone: seven do not fit under a thumb. The menu of the account
holds them always."""
ASSIGNED = (
    "learn.assignments",
    "learn.assignment",
    "learn.start_assignment",
    "learn.challenge",
    "learn.send_challenge",
    "learn.join",
    "learn.join_by_code",
)
PROGRESSING = ("learn.progress", "learn.objective", "learn.errors")
PRACTISING = (
    "learn.practice",
    "learn.build",
    "learn.placement",
    "learn.begin_placement",
    "learn.lesson_practice",
    "learn.practise_lesson",
)


@dataclass(frozen=True)
class Place:
    key: str
    label: str
    url: str
    here: bool

    @property
    def in_menu(self) -> bool:
        return self.key in IN_MENU


@dataclass(frozen=True)
class Viewer:
    name: str
    initials: str
    preferences: Preferences


def init_app(app: Flask) -> None:
    app.context_processor(frame)
    app.after_request(protect)
    app.url_defaults(version_static)
    app.jinja_env.globals["url_for"] = address_of
    app.add_template_filter(moment)
    app.add_template_filter(time_of_day)
    app.add_template_filter(deadline)
    app.add_template_filter(moment_and_zone)


def frame() -> dict[str, Any]:
    """What `base.html` needs on every page."""
    actor = current_actor()
    return {"places": places(actor) if actor else (), "viewer": viewer(actor) if actor else None}


def places(actor: Actor) -> tuple[Place, ...]:
    """Where this person can go; the cohorts for those who teach, the studio for those who write."""
    section = (request.endpoint or "").partition(".")[0]
    found = [*PLACES, CREDIT]
    if "instructor" in actor.roles:
        found.append(TEACHING)
    if actor.roles & {"instructor", "administrator"}:
        found.append(AUTHORING)
    if actor.roles & {"coordinator", "administrator"}:
        found.append(COORDINATING)
    return tuple(Place(key, label, url_for(endpoint), _is_here(endpoint, section)) for key, label, endpoint in found)


def _is_here(endpoint: str, section: str) -> bool:
    """Lessons own all their pages and staging; among the pages of learning a question belongs to the sessions."""
    if section != "learn":
        return endpoint.partition(".")[0] == {"staging": "lessons"}.get(section, section)
    owner = {"learn.today": "learn.today", **dict.fromkeys(PRACTISING, "learn.practice")}
    owner |= dict.fromkeys(PROGRESSING, "learn.progress") | dict.fromkeys(ASSIGNED, "learn.today")
    return endpoint == owner.get(request.endpoint or "", "learn.sessions")


def viewer(actor: Actor) -> Viewer:
    words = actor.shown_name.replace("@", " ").split()
    return Viewer(
        name=actor.shown_name,
        initials="".join(word[0] for word in words[:2]).upper(),
        preferences=actor.preferences,
    )


def protect(response: Response) -> Response:
    """Headers of every answer. A page of a signed-in person is for that person alone; a question is never stored."""
    response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    if not current_app.config["LOCAL"]:
        response.headers["Strict-Transport-Security"] = f"max-age={YEAR_SECONDS}"
    if request.endpoint == "static":
        lifetime = f"max-age={YEAR_SECONDS}, immutable" if "v" in request.args else "max-age=300"
        response.headers["Cache-Control"] = f"public, {lifetime}"
    elif "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
    return response


def address_of(endpoint: str, **values: Any) -> str:
    """`url_for` as templates call it, some thirty times a page: a quarter of its time if nothing were kept."""
    same_for_all = endpoint == "static" or (not values and not endpoint.startswith("."))
    if same_for_all and has_request_context():
        return _address(request.script_root, endpoint, tuple(values.items()))
    return url_for(endpoint, **values)


@cache
def _address(_script_root: str, endpoint: str, values: tuple[tuple[str, Any], ...]) -> str:
    return url_for(endpoint, **dict(values))


def version_static(endpoint: str, values: dict[str, Any]) -> None:
    """Name static files with the hash of their bytes, so that they may be kept for a year.

    A file that a style sheet names too is asked for with `v=None`, or it would be fetched twice.
    """
    if endpoint == "static" and "v" not in values:
        values["v"] = _hash(Path(current_app.static_folder or "") / values["filename"])


@cache
def _hash(file: Path) -> str | None:
    return sha256(file.read_bytes()).hexdigest()[:10] if file.is_file() else None


def whole_address(endpoint: str, **values: Any) -> str:
    """An address with its host, to be copied into another program or read out."""
    return f"{whole_site()}{url_for(endpoint, **values)}"


def whole_site() -> str:
    """Where this site is known, without a slash at the end: as PUBLIC_URL says, else as the request does."""
    return str(current_app.config["PUBLIC_URL"]).rstrip("/") or request.host_url.rstrip("/")


def moment(at: dt.datetime) -> str:
    """“23 November 2026, 14:05” in the reader’s zone."""
    local = in_zone(at)
    return f"{plain_day(local.date())}, {local:%H:%M}"


def deadline(at: dt.datetime) -> str:
    """“14:05 (Europe/Vienna)”: a deadline names its zone, because a reader may be elsewhere than the settings say."""
    actor = current_actor()
    return f"{time_of_day(at)} ({actor.zone if actor else 'UTC'})"


def moment_and_zone(at: dt.datetime) -> str:
    """“23 November 2026, 14:05 (Europe/Vienna)”: for the end of a window, which is set by the clock of another zone."""
    actor = current_actor()
    return f"{moment(at)} ({actor.zone if actor else 'UTC'})"


def time_of_day(at: dt.datetime) -> str:
    """“14:05” in the reader’s zone."""
    return f"{in_zone(at):%H:%M}"


def in_zone(at: dt.datetime) -> dt.datetime:
    actor = current_actor()
    return at.astimezone(ZoneInfo(actor.zone if actor else "UTC"))
