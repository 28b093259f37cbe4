"""What an activity changed: marks on unseen questions before, in the test and later, put together. Reads only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.credit import outcomes
from quizapp.core.credit.outcomes import (
    BEFORE,
    DAYS,
    FEWEST_PEOPLE,
    FEWEST_QUESTIONS,
    LEVELS,
    MEASURES,
    Cell,
    Change,
    Line,
    Mark,
)
from quizapp.core.wording import count
from quizapp.db.models import ActivityVersion, Content, ContentVersion, Participation, Presentation, Response, Sitting
from quizapp.formats.paper import Block, Heading, Items, Paper, Para, Table
from quizapp.services.accounts import Actor
from quizapp.services.crediting import scope
from quizapp.services.crediting.scope import Run
from quizapp.services.sittings import effective

WORDS = {BEFORE: "before", "test": "test", **{name: f"after {days} days" for name, days in DAYS.items()}}
"""Measure → what it is called."""


@dataclass(frozen=True)
class Outcomes:
    """`lines`: everything, each level, each objective; `statements`: slug of an objective → what one can do;
    `left_out`: answers to questions that had been met before, which tell nothing here."""

    run: Run
    lines: tuple[Line, ...]
    statements: dict[str, str]
    people: int
    answers: int
    left_out: int
    answered: frozenset[str] = frozenset()
    """Measures that anybody has answered."""

    def name(self, line: Line) -> str:
        if line.kind == "all":
            return "All questions"
        if line.kind == "level":
            return f"Level {line.name}: {LEVELS[line.name]}"
        return f"You can {self.statements[line.name]}"


def get_outcomes(session: Session, actor: Actor, activity_id: int) -> Outcomes:
    """The report on an activity, all editions together. Raises LookupError."""
    return of_activity(session, scope.get_run(session, actor, activity_id))


def of_activity(session: Session, run: Run) -> Outcomes:
    """The same for whoever may see it."""
    statements: dict[str, str] = {}
    for body in session.scalars(
        sa.select(ActivityVersion.body).where(ActivityVersion.activity_id == run.id).order_by(ActivityVersion.edition)
    ):
        statements |= {one["slug"]: one["statement"] for one in body.get("objectives", ())}
    rows = session.execute(_ANSWERS.where(Participation.activity_id == run.id)).all()
    # Of several attempts the first: the later ones were taken by those who had missed it.
    first: dict[int, int] = {}
    for row in rows:
        if row.purpose == "test":
            first[row.participation_id] = min(first.get(row.participation_id, row.sitting_id), row.sitting_id)
    counted = [row for row in rows if row.purpose != "test" or row.sitting_id == first[row.participation_id]]
    marks = [
        Mark(
            row.participation_id,
            row.purpose,
            row.content_id,
            row.objective,
            outcomes.level_of(row.bloom or "", row.type or ""),
            row.earned,
            row.possible,
        )
        for row in counted
        if row.first_exposure
    ]
    return Outcomes(
        run,
        outcomes.lines(marks, tuple(statements)),
        statements,
        len({mark.person for mark in marks}),
        len(marks),
        len(counted) - len(marks),
        frozenset(mark.measure for mark in marks),
    )


def told(line: Line, found: Outcomes) -> tuple[tuple[Cell, ...], tuple[Change, ...]]:
    """What of a line is told: measures that anybody has answered, and comparisons of two of them."""
    return (
        tuple(cell for cell in line.cells if cell.measure in found.answered),
        tuple(one for one in line.changes if {one.before, one.after} <= found.answered),
    )


def waiting(found: Outcomes) -> str:
    """A sentence about the measures that nobody has answered, or ""."""
    names = [WORDS[measure] for measure in MEASURES if measure not in found.answered]
    if not names:
        return ""
    return f"Nobody has answered yet: {', '.join(names)}."


def shown_cell(cell: Cell) -> tuple[str, str]:
    """“72 %” and “n = 14”; or a dash and why there is nothing."""
    if cell.share is None:
        return "–", _kept(cell.why)
    return _kept(f"{100 * cell.share:.0f} %"), _kept(f"n = {cell.people}")


def shown_change(change: Change) -> tuple[str, str]:
    """“+12 points” and “+5 to +19, n = 14”; or a dash and why there is nothing."""
    if change.mean is None or change.low is None or change.high is None:
        return "–", _kept(change.why)
    low, mean, high = (round(100 * one) for one in (change.low, change.mean, change.high))
    unit = "point" if abs(mean) == 1 else "points"
    return _kept(
        f"{_signed(mean)} {unit}"
    ), f"{_kept(f'{_signed(low)} to {_signed(high)}')}, {_kept(f'n = {change.people}')}"


def _kept(text: str) -> str:
    """The text with figures that no line break parts from what they mean."""
    return text.replace(" %", "\N{NO-BREAK SPACE}%").replace("n = ", "n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}")


def _signed(points: int) -> str:
    return f"+{points}" if points > 0 else f"−{-points}" if points < 0 else "0"


def export_rows(found: Outcomes) -> list[list[str]]:
    """The report as a table of texts: one row for each line and measure, and one for each comparison."""
    rows = [["Row", "Kind", "What", "n", "Questions", "Mean", "Low 95 %", "High 95 %", "Not available"]]
    for line in found.lines:
        name = found.name(line)
        for cell in line.cells:
            share = "" if cell.share is None else f"{cell.share:.4f}"
            rows.append(
                [name, "share", WORDS[cell.measure], str(cell.people), str(cell.questions), share, "", "", cell.why]
            )
        for one in line.changes:
            figures = ["" if value is None else f"{value:.4f}" for value in (one.mean, one.low, one.high)]
            what = f"{WORDS[one.before]} → {WORDS[one.after]}"
            rows.append([name, "difference", what, str(one.people), "", *figures, one.why])
    return rows


METHOD = (
    "Only answers to questions that the participant had never met are counted: in the activity’s questions before the "
    "lesson, in its first test, and 30, 90 and 180 days after that on other questions of the same objectives.",
    "A share is the mean, over participants, of the marks earned of those possible. A difference is paired: of those "
    "who sat both, with the 95 % interval of Student’s t.",
    f"Below {FEWEST_PEOPLE} participants, or {FEWEST_QUESTIONS} questions, nothing is computed.",
    "Levels are Moore’s. 3A, declarative knowledge: questions that ask to remember or understand. 3B, procedural "
    "knowledge: questions that ask to apply. 4, competence: questions that ask to analyse or evaluate, and all cases, "
    "key-feature and script-concordance questions. Scores on questions show nothing about performance in practice.",
)


def paper(found: Outcomes, today: dt.date) -> Paper:
    """The report as a document."""
    blocks: list[Block] = [
        Para(
            f"{count(found.people, 'participant')}, {count(found.answers, 'answer')} to unseen questions; "
            f"{count(found.left_out, 'answer')} to questions met before {_are(found.left_out)} left out."
        ),
        *([Para(sentence)] if (sentence := waiting(found)) else []),
        Heading("How it was measured"),
        Items(METHOD),
    ]
    for kind, heading in (("all", "Overall"), ("level", "By level"), ("objective", "By objective")):
        lines = [line for line in found.lines if line.kind == kind]
        if lines:
            blocks += [Heading(heading), _shares(found, lines)]
            if told(lines[0], found)[1]:
                blocks.append(_differences(found, lines))
    return Paper(f"Outcomes: {found.run.title}", today, tuple(blocks))


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def _shares(found: Outcomes, lines: Sequence[Line]) -> Table:
    head = ("Questions", *(WORDS[cell.measure] for cell in told(lines[0], found)[0]))
    return Table(
        "Mean share of marks on unseen questions",
        head,
        tuple((found.name(line), *(_in_one(*shown_cell(cell)) for cell in told(line, found)[0])) for line in lines),
    )


def _differences(found: Outcomes, lines: Sequence[Line]) -> Table:
    head = ("Questions", *(f"{WORDS[one.before]} → {WORDS[one.after]}" for one in told(lines[0], found)[1]))
    return Table(
        "Paired differences in percentage points, with 95 % intervals",
        head,
        tuple((found.name(line), *(_in_one(*shown_change(one)) for one in told(line, found)[1])) for line in lines),
    )


def _in_one(figure: str, about: str) -> str:
    return f"{figure} ({about})"


_objective = sa.orm.aliased(Content)
_ANSWERS = (
    sa.select(
        Sitting.participation_id,
        Sitting.purpose,
        Sitting.id.label("sitting_id"),
        Response.content_id,
        Response.first_exposure,
        effective.c.earned,
        effective.c.possible,
        _objective.slug.label("objective"),
        ContentVersion.body["bloom"].as_string().label("bloom"),
        ContentVersion.body["type"].as_string().label("type"),
    )
    .select_from(Sitting)
    .join(Participation, Participation.id == Sitting.participation_id)
    .join(Presentation, Presentation.sitting_id == Sitting.id)
    .join(
        Response,
        sa.and_(Response.presentation_id == Presentation.id, Response.learner_id == Presentation.learner_id),
    )
    .join(effective, effective.c.id == Response.id)
    .join(_objective, _objective.id == Response.objective_id)
    .join(ContentVersion, ContentVersion.id == Presentation.version_id)
    .where(
        ~Presentation.replaced,  # or SQLite reads every question
        Sitting.closed_at.is_not(None),
        Sitting.purpose.in_(outcomes.MEASURES),
        effective.c.evidence,
    )
    .order_by(Response.id)
)
