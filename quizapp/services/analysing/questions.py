"""What first answers say of one question, per statistics line, setting and cohort."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.itemstats import practice, verdicts
from quizapp.core.itemstats.practice import Band
from quizapp.core.itemstats.tallies import ALL, EVER, EXAM, LESSON, NOTHING, PRACTICE, RIGHT
from quizapp.core.itemstats.verdicts import Verdict
from quizapp.db.models import ContentVersion, Item, ItemStat, Published
from quizapp.services.accounts import Actor
from quizapp.services.analysing import counters
from quizapp.services.analysing.choices import steps
from quizapp.services.analysing.judging import Judged, judge
from quizapp.services.analysing.pairs import Pair, list_pairs
from quizapp.services.authoring import scope
from quizapp.services.teaching import cohorts
from quizapp.services.versions import Version, get_version

SETTINGS = (PRACTICE, EXAM, LESSON)


@dataclass(frozen=True)
class View:
    """Which answers are looked at. `line` None: that of the published version. `setting` "": practice and exams."""

    line: int | None = None
    setting: str = ""
    cohort: int | None = None


@dataclass(frozen=True)
class Line:
    """A statistics line with its versions; `published` if the published one is among them."""

    number: int
    versions: tuple[int, ...]
    since: dt.datetime
    answers: int
    published: bool


@dataclass(frozen=True)
class Part:
    """One part of the question. `lead_in` is sanitised HTML; `bands` are learners in about fifths of ability."""

    id: str
    type: str
    lead_in: str
    judged: Judged
    bands: tuple[Band, ...]


@dataclass(frozen=True)
class Analysed:
    """A question as its authors see it. `answers`: (setting, cohort the reader teaches or 0) → first answers on this
    line. `cohorts`: those the reader teaches, with their titles. `pairs`: with other questions of its bank, which one
    may give away."""

    content_id: int
    slug: str
    version: Version
    view: View
    lines: tuple[Line, ...]
    parts: tuple[Part, ...]
    verdict: Verdict
    answers: dict[tuple[str, int], int]
    cohorts: dict[int, str]
    pairs: tuple[Pair, ...]
    may_write: bool


def get_question(session: Session, actor: Actor, content_id: int, view: View = View()) -> Analysed:
    """Read it all; how much work it is does not depend on the number of answers.

    Raises LookupError for a question the actor may not read, a line or setting it does not have, and a cohort the actor
    does not teach.
    """
    entry = scope.get_entry(session, actor, content_id)
    versions = session.execute(_VERSIONS, {"content": content_id}).all()
    if entry.kind != "item" or not versions or view.setting not in ("", *SETTINGS):
        raise LookupError(content_id)
    taught = {cohort.id: cohort.title for cohort in cohorts.list_taught(session, actor)}
    if view.cohort is not None and view.cohort not in taught:
        raise LookupError(view.cohort)
    counted = session.execute(_ANSWERS, {"content": content_id}).all()
    published = next((row.line for row in versions if row.published), versions[-1].line)
    line = published if view.line is None else view.line
    own = [row for row in versions if row.line == line]
    if not own:
        raise LookupError(line)
    version = get_version(session, own[-1].id)
    answers: dict[tuple[str, int], int] = {}
    for row in counted:
        if row.line == line:
            key = (row.setting, row.cohort_id if row.cohort_id in taught else counters.OTHERS)
            answers[key] = answers.get(key, 0) + int(row.answers)
    by_class = counters.by_class(session, [content_id], setting=view.setting, cohort=view.cohort)
    months = counters.by_month(session, [content_id])
    by_cohort = counters.by_cohort(session, [content_id], taught)
    seconds = next((row.seconds for row in versions if row.published), None)
    whole_view = not view.setting and view.cohort is None
    parts = []
    for place, part in enumerate(version.rendered_parts):
        at = (content_id, line, part.id)
        held = by_class.get(at, {})
        judged = judge(
            part.id,
            steps(version, place),
            held,
            seconds=seconds / len(version.parts) if seconds else None,
            months=months.get(at, {}) if whole_view else {},
            cohorts=by_cohort.get(at, {}) if whole_view else {},
        )
        classes = {name: tally for name, tally in held.items() if name not in (ALL, RIGHT)}
        bands = practice.bands(held.get(ALL, NOTHING), classes)
        parts.append(Part(part.id, part.type, part.content.get("lead_in") or "", judged, bands))
    return Analysed(
        content_id=content_id,
        slug=entry.slug,
        version=version,
        view=View(line, view.setting, view.cohort),
        lines=tuple(
            Line(
                number,
                tuple(row.number for row in versions if row.line == number),
                next(row.created_at for row in versions if row.line == number),
                sum(int(row.answers) for row in counted if row.line == number and row.setting != LESSON),
                number == published and any(row.published for row in versions),
            )
            for number in sorted({row.line for row in versions}, reverse=True)
        ),
        parts=tuple(parts),
        verdict=verdicts.judge([part.judged.figures for part in parts]),
        answers=answers,
        cohorts=taught,
        pairs=list_pairs(session, [bank.id for bank in entry.banks], about=content_id),
        may_write=entry.lets("write"),
    )


_VERSIONS = (
    sa.select(
        ContentVersion.id,
        ContentVersion.number,
        ContentVersion.line,
        ContentVersion.created_at,
        Published.version_id.is_not(None).label("published"),
        Item.seconds,
    )
    .outerjoin(Published, Published.version_id == ContentVersion.id)
    .outerjoin(Item, Item.content_id == ContentVersion.content_id)
    .where(ContentVersion.content_id == sa.bindparam("content"))
    .order_by(ContentVersion.number)
)
_ANSWERS = (
    sa.select(ItemStat.line, ItemStat.setting, ItemStat.cohort_id, sa.func.max(ItemStat.answers).label("answers"))
    .where(ItemStat.content_id == sa.bindparam("content"), ItemStat.month == EVER, ItemStat.answer_class == ALL)
    .group_by(ItemStat.line, ItemStat.setting, ItemStat.cohort_id)
)
"""How many first answers there are of each kind; of a case those on the part that most have answered."""
