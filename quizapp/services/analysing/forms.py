"""The figures of a form that everybody answered: taken when it closes, kept, and taken again when marks have changed.

Work is found in the tables: a form waits while it has not been looked at since it closed, since something was ruled
about it, or since the marks of one of its questions were renewed. A kill loses nothing, and a second worker finds the
same marks and writes nothing.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.itemstats import forms, verdicts
from quizapp.core.itemstats.forms import Column, Form
from quizapp.core.itemstats.intervals import Figure
from quizapp.core.itemstats.verdicts import Figures, Verdict
from quizapp.db.models import Assignment, FormSnapshot, KeyChange, Ruling, Sitting, table
from quizapp.db.session import retrying, run, writing
from quizapp.services.accounts import Actor
from quizapp.services.teaching import assembling, assignments, marks
from quizapp.services.teaching.assignments import DRAFT, LESSON, Given, given_of, with_begun
from quizapp.services.teaching.questions import words_of
from quizapp.services.versions import Row, Version

ON_THE_WAY = dt.timedelta(minutes=1)
"""What was ruled just before a form was looked at may have been stored just after."""


@dataclass(frozen=True)
class Chosen:
    """Those who chose one answer: how many, the mean of their marks on the rest as a share, and how many of them are in
    the upper and the lower 27 %. `words` is HTML."""

    words: str
    n: int
    rest: float
    upper: float
    lower: float


@dataclass(frozen=True)
class Question:
    """A question of the form with its figures. `number`: its place in the form, from 1; `lead_in` is HTML."""

    number: int
    content_id: int
    slug: str
    lead_in: str
    column: Column
    verdict: Verdict
    chosen: tuple[Chosen, ...]


@dataclass(frozen=True)
class Taken:
    """When figures were taken, and of how many people."""

    number: int
    at: dt.datetime
    people: int


@dataclass(frozen=True)
class Analysis:
    """A form as those see it who gave it. `common`: whether everybody was asked the same at all; `form` is None until
    figures are taken; `taken`: all that are kept, the newest first; `shown`: which of them these are; `left_out`:
    lead-ins (HTML) of questions that count for nobody."""

    given: Given
    common: bool
    taken: tuple[Taken, ...]
    shown: Taken | None
    form: Form | None
    questions: tuple[Question, ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class _Table:
    """The marks of everybody whose first attempt is in, one row a person. `items`: the questions that count, in the
    order of the form; `dropped`: those that count for nobody; `classes`: what each person chose, each as part and class
    with a tab between."""

    items: tuple[int, ...]
    dropped: tuple[int, ...]
    marks: list[list[int]]
    most: list[int]
    classes: list[list[tuple[str, ...]]]

    @property
    def sha256(self) -> str:
        written = json.dumps([self.items, self.dropped, self.marks, self.most], separators=(",", ":"))
        return hashlib.sha256(written.encode()).hexdigest()


# --- taking -----------------------------------------------------------------------------------------------------------


def take_due(session: Session, now: dt.datetime) -> int:
    """Take the figures of every closed form whose marks may have changed; gives how many snapshots were written."""
    waiting = [row for row in run(session, _CLOSED).all() if _is_due(session, row)]
    session.rollback()
    return sum(_take(session, row.id, now) for row in waiting)


def _is_due(session: Session, row: Row) -> bool:
    items = row.plan.get("items")
    if not items:
        return False
    if row.analysed_at is None or row.analysed_at < row.closed_at:
        return True
    since = row.analysed_at - ON_THE_WAY
    if row.ruled_at is not None and row.ruled_at > since:
        return True
    renewed = sa.select(KeyChange.publication_id).where(KeyChange.content_id.in_(items), KeyChange.settled_at > since)
    return session.scalar(renewed.limit(1)) is not None


def _take(session: Session, assignment_id: int, now: dt.datetime) -> bool:
    """Look at the marks, and keep the figures if the marks are new. They are computed before the deed, so that nobody
    waits for them."""
    held = _read_table(session, given_of(run(session, with_begun(Assignment.id == assignment_id)).one()))
    session.rollback()
    form = forms.analyse(held.marks, held.most, held.classes) if held.items else None
    return retrying(partial(_keep, session, assignment_id, held, form, now))


def _keep(session: Session, assignment_id: int, held: _Table, form: Form | None, now: dt.datetime) -> bool:
    with writing(session):
        # Two workers come here one after the other; the second finds the snapshot of the first.
        session.execute(sa.select(Assignment.id).where(Assignment.id == assignment_id).with_for_update())
        newest = session.execute(_NEWEST, {"assignment": assignment_id}).one_or_none()
        new = form is not None and (newest is None or newest.marks_sha256 != held.sha256)
        if form is not None and new:
            figures = asdict(form) | {"items": held.items, "dropped": held.dropped}
            session.execute(
                sa.insert(table(FormSnapshot)).values(
                    assignment_id=assignment_id,
                    number=newest.number + 1 if newest else 1,
                    taken_at=now,
                    people=form.n,
                    marks_sha256=held.sha256,
                    figures=figures,
                )
            )
        session.execute(sa.update(table(Assignment)).where(Assignment.id == assignment_id).values(analysed_at=now))
    return new


def _read_table(session: Session, given: Given) -> _Table:
    """The marks that count: of the first attempt, with what was renewed and what was ruled."""
    people: dict[int, dict[int, list[int]]] = {
        sitting: {} for sitting in session.scalars(_PEOPLE, {"assignment": given.id})
    }
    chosen: dict[tuple[int, int], list[str]] = {}
    possible: dict[int, int] = {}
    for row in run(session, _MARKS, {"assignment": given.id}):
        sums = people[row.sitting_id].setdefault(row.content_id, [0, 0])
        sums[0] += row.earned
        sums[1] += row.possible
        possible[row.content_id] = max(possible.get(row.content_id, 0), sums[1])
        names = json.loads(row.classes) if isinstance(row.classes, str) else row.classes
        chosen.setdefault((row.sitting_id, row.content_id), []).extend(f"{row.part}\t{name}" for name in names)
    versions = assembling.pinned(session, given.plan, given.items)
    # A question that nobody has come to has no mark from which to see what it could have earned.
    most = possible | {
        item: assembling.possible_marks({item: versions[item]}) for item in given.items if item not in possible
    }
    items = tuple(item for item in given.items if most[item])
    return _Table(
        items,
        tuple(item for item in given.items if not most[item]),
        [[held[item][0] if item in held else 0 for item in items] for held in people.values()],
        [most[item] for item in items],
        [[tuple(chosen.get((sitting, item), ())) for item in items] for sitting in people],
    )


# --- reading ----------------------------------------------------------------------------------------------------------


def get_analysis(session: Session, actor: Actor, assignment_id: int, *, number: int | None = None) -> Analysis:
    """The newest figures of a form, or those with this number. Raises LookupError for a lesson, a draft, a number there
    is not, and for an assignment of a cohort one does not teach."""
    given = assignments.get_given(session, actor, assignment_id)
    if given.wanted.kind == LESSON or given.state == DRAFT:
        raise LookupError(assignment_id)
    rows = session.execute(_TAKEN, {"assignment": assignment_id}).all()
    taken = tuple(Taken(row.number, row.taken_at, row.people) for row in rows)
    shown = next((one for one in taken if number in (None, one.number)), None)
    if number is not None and shown is None:
        raise LookupError(number)
    if shown is None:
        return Analysis(given, bool(given.items), taken, None, None, (), ())
    figures: dict[str, Any] = session.execute(
        sa.select(FormSnapshot.figures).where(
            FormSnapshot.assignment_id == assignment_id, FormSnapshot.number == shown.number
        )
    ).scalar_one()
    form, versions = _form(figures), assembling.pinned(session, given.plan, given.items)
    places = {item: place for place, item in enumerate(given.items, 1)}
    questions = tuple(
        _question(places[item], column, versions[item])
        for item, column in zip(figures["items"], form.columns, strict=True)
    )
    left_out = tuple(_lead_in(versions[item]) for item in figures["dropped"])
    return Analysis(given, True, taken, shown, form, questions, left_out)


def _form(figures: Mapping[str, Any]) -> Form:
    """What `asdict` made of a form."""
    columns = tuple(
        Column(
            **column
            | {
                "facility": _figure(column["facility"]),
                "discrimination": _figure(column["discrimination"]),
                "choices": tuple(forms.Choice(**choice) for choice in column["choices"]),
            }
        )
        for column in figures["columns"]
    )
    own = {name: value for name, value in figures.items() if name not in ("items", "dropped")}
    return Form(**own | {"alpha": _figure(figures["alpha"]), "columns": columns})


def _figure(held: Mapping[str, Any] | None) -> Any:
    return Figure(**held) if held is not None else None


def _question(number: int, column: Column, version: Version) -> Question:
    judged = Figures("", column.facility.n, column.facility, column.discrimination, (), None, None, drifted=False)
    return Question(
        number,
        version.content_id,
        version.slug,
        _lead_in(version),
        column,
        verdicts.judge([judged]),
        _chosen(column, version),
    )


def _chosen(column: Column, version: Version) -> tuple[Chosen, ...]:
    contents = {part.id: part.content for part in version.rendered_parts}
    found = []
    for choice in column.choices:
        part, _, name = choice.name.partition("\t")
        words = words_of(contents.get(part, {}), name)
        found.append(Chosen(words, choice.n, choice.rest, choice.upper, choice.lower))
    return tuple(sorted(found, key=lambda one: (-one.n, one.words)))


def _lead_in(version: Version) -> str:
    return str(version.rendered_parts[0].content["lead_in"])


def export_rows(analysis: Analysis) -> list[list[str]]:
    """The figures as a table of texts: a row a question, and one of the whole form."""
    head = [
        "Number", "Question", "People", "Facility", "Facility from", "Facility to", "SD", "Discrimination",
        "Discrimination from", "Discrimination to", "Discriminative efficiency", "Intended weight", "Effective weight",
        "Upper less lower 27 %", "Alpha", "Alpha from", "Alpha to", "Standard error of measurement (marks)", "Marks",
    ]  # fmt: skip
    rows = [head]
    if analysis.form is None:
        return rows
    for one in analysis.questions:
        column = one.column
        figures = [*_three(column.facility), column.sd, *_three(column.discrimination), column.efficiency]
        figures += [column.intended, column.effective, column.upper_lower]
        rows.append([str(one.number), one.slug, str(column.facility.n), *map(_written, figures), "", "", "", "", ""])
    form = analysis.form
    whole: Sequence[float | None] = [form.mean / form.most, None, None, form.sd / form.most, *[None] * 7]
    ends = [*_three(form.alpha), form.sem, form.most]
    rows.append(["", "The whole form", str(form.n), *map(_written, [*whole, *ends])])
    return rows


def _three(figure: Figure | None) -> tuple[float | None, float | None, float | None]:
    return (figure.value, figure.low, figure.high) if figure is not None else (None, None, None)


def _written(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"


_ruled_at = (
    sa.select(sa.func.max(Ruling.at))
    .where(Ruling.assignment_id == Assignment.id)
    .correlate(Assignment)
    .scalar_subquery()
)
_CLOSED = sa.select(
    Assignment.id, Assignment.plan, Assignment.closed_at, Assignment.analysed_at, _ruled_at.label("ruled_at")
).where(Assignment.closed_at.is_not(None), Assignment.kind != LESSON)
_NEWEST = (
    sa.select(FormSnapshot.number, FormSnapshot.marks_sha256)
    .where(FormSnapshot.assignment_id == sa.bindparam("assignment"))
    .order_by(FormSnapshot.number.desc())
    .limit(1)
)
_TAKEN = (
    sa.select(FormSnapshot.number, FormSnapshot.taken_at, FormSnapshot.people)
    .where(FormSnapshot.assignment_id == sa.bindparam("assignment"))
    .order_by(FormSnapshot.number.desc())
)
_firsts = (
    sa.select(sa.func.min(Sitting.id))
    .where(Sitting.assignment_id == sa.bindparam("assignment"))
    .group_by(Sitting.learner_id)
)
_PEOPLE = sa.select(Sitting.id).where(Sitting.id.in_(_firsts), Sitting.closed_at.is_not(None)).order_by(Sitting.id)
_MARKS = (
    sa.select(
        marks.counted.c.sitting_id,
        marks.counted.c.content_id,
        marks.counted.c.part,
        marks.counted.c.earned,
        marks.counted.c.possible,
        marks.counted.c.classes,
    )
    .where(marks.counted.c.sitting_id.in_(_PEOPLE.order_by(None)))
    .order_by(marks.counted.c.sitting_id, marks.counted.c.content_id, marks.counted.c.part)
)
