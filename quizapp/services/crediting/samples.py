"""The two activities that ship: one lesson with its test, one block of a quarter. Neither designates credit."""

from __future__ import annotations

import datetime as dt
import random
import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.assembly import Blueprint, assemble
from quizapp.db.models import Activity
from quizapp.services.accounts import Actor
from quizapp.services.content import reading
from quizapp.services.crediting import designating, disclosing, drafting, in_control
from quizapp.services.crediting.activities import BLOCK, LESSON
from quizapp.services.crediting.checking import AS_WRITTEN, quarter_of
from quizapp.services.crediting.designating import Unpublishable
from quizapp.services.crediting.disclosing import Disclosed
from quizapp.services.crediting.drafting import Draft
from quizapp.services.crediting.stock import Stock, get_stock

Json = dict[str, Any]

COORDINATOR = "coordinator@example.org"
PROVIDER, SYSTEM = "sample", "sample-credits"
ROOM_DAYS = 60
"""A block of a quarter stays open at least so long: late in a quarter it is one of the next."""


def load(session: Session, actor: Actor, now: dt.datetime) -> tuple[str, ...]:
    """Publish the samples that are not there yet, run by this person; returns the short names of the new ones.

    What stopped half-way goes on. A sample whose lesson or questions are not published stays a draft.
    """
    return tuple(one["slug"] for one in list_shipped() if publish(session, actor, one, now))


def list_shipped() -> tuple[Json, ...]:
    """The samples as their file describes them."""
    return tuple(_shipped()["activities"])


def publish(session: Session, actor: Actor, one: Json, now: dt.datetime) -> bool:
    """Publish one of them, or another that is described in the same way; whether it is new."""
    shipped = _shipped()
    held = session.execute(sa.select(Activity.id).where(Activity.slug == one["slug"])).scalar_one_or_none()
    if held is not None and designating.list_editions(session, held):
        return False
    stock = get_stock(session)
    if not _has_content(one, stock):
        return False
    activity_id = held or drafting.begin(session, actor, one["kind"], one["title"], now, slug=one["slug"])
    began = min(now.date(), _written_on(session, one))
    draft = draft_of(session, one, shipped, stock, began, now)
    revision = drafting.get_drafted(session, actor, activity_id).revision
    revision = drafting.save(session, actor, activity_id, draft, based_on=revision, now=now)
    person = in_control.name_person(session, actor, activity_id, **shipped["people"], email="", began=began, now=now)
    disclosing.disclose(session, actor, person, Disclosed(()), now)
    try:
        designating.publish(session, actor, activity_id, based_on=revision, now=now)
    except Unpublishable:
        return False
    return True


def draft_of(session: Session, one: Json, shipped: Json, stock: Stock, reviewed: dt.date, now: dt.datetime) -> Draft:
    """A sample as a draft, released on the day of loading."""
    today = now.date()
    if one["kind"] == LESSON:
        questions = [question.slug for slug in one["objectives"] for question in stock.of_objective(slug)]
        objectives = list(one["objectives"])
        expires, lessons = today + dt.timedelta(days=one["days"]), [one["lesson"]]
    else:
        questions = _block(one, stock)
        objectives = list(dict.fromkeys(stock.questions[slug].objective for slug in questions))
        room = dt.timedelta(days=one.get("days", ROOM_DAYS))
        expires = today + room if "days" in one else _end_of_quarter(today + room)
        lessons = _lessons_on(one, stock)
    return Draft(
        **{name: one[name] for name in AS_WRITTEN if name in one},
        kind=one["kind"],
        provider=PROVIDER,
        lesson=one.get("lesson", ""),
        objectives=tuple(objectives),
        questions=tuple(questions),
        a_test=one.get("a_test", 0),
        cool_down_minutes=one["cool_down_minutes"],
        pretest=one.get("pretest", False),
        systems={SYSTEM: one["quarters"]},
        released=today,
        expires=expires,
        claim_until=expires + dt.timedelta(days=one["claim_days"]),
        quarter=quarter_of(expires) if one["kind"] == BLOCK else "",
        validity_reviewer=shipped["review"]["by"],
        validity_reviewed_on=reviewed,
        bibliography=_bibliography(session, lessons),
    )


def _has_content(one: Json, stock: Stock) -> bool:
    if one["kind"] == LESSON:
        return str(one["lesson"]) in stock.lessons and all(stock.of_objective(slug) for slug in one["objectives"])
    return len(_block(one, stock)) == int(sum(one["of_topic"].values()))


def _block(one: Mapping[str, Any], stock: Stock) -> list[str]:
    """So many questions of each topic, objectives in turns, none that gives another away; the same on every day."""
    topics = {version.content_id: slug for slug, version in stock.topics.items()}
    on_topic = {slug: stock.objectives[slug].body["topic"] for slug in stock.objectives}
    allowed = [
        question.slug
        for question in stock.questions.values()
        if (topic := on_topic[question.objective]) in one["topics"]
        and (not one["topics"][topic] or question.objective in one["topics"][topic])
    ]
    ids = {slug: content_id for content_id, slug in topics.items()}
    if not one["of_topic"].keys() <= ids.keys():
        return []
    candidates = stock.candidates(allowed, by_topic=True)
    blueprint = Blueprint(topics={ids[topic]: count for topic, count in one["of_topic"].items()})
    form = assemble(candidates, blueprint, random.Random(one["slug"]))
    slugs = {question.content_id: question.slug for question in stock.questions.values()}
    return [] if form.missing else [slugs[item] for item in form.items]


def _lessons_on(one: Json, stock: Stock) -> list[str]:
    lessons = sorted(stock.lessons.values(), key=lambda version: (version.body["order"], version.slug))
    return [version.slug for version in lessons if version.body["topic"] in one["topics"]]


def _bibliography(session: Session, lessons: list[str]) -> tuple[str, ...]:
    """The references of these lessons, each with where it is online."""
    found = (source for slug in lessons for source in reading.get_lesson(session, slug).references)
    return tuple(dict.fromkeys(f"{source.citation} {source.url}".strip() for source in found))


def _written_on(session: Session, one: Json) -> dt.date:
    stock = get_stock(session)
    lessons = [one["lesson"]] if one["kind"] == LESSON else _lessons_on(one, stock)
    return max(reading.get_lesson(session, slug).dated for slug in lessons)


def _end_of_quarter(day: dt.date) -> dt.date:
    month = (day.month + 2) // 3 * 3
    following = dt.date(day.year + month // 12, month % 12 + 1, 1)
    return following - dt.timedelta(days=1)


def _shipped() -> Json:
    return tomllib.loads(resources.files(__package__).joinpath("samples.toml").read_text("utf-8"))
