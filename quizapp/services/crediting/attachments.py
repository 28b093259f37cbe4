"""Papers of an accreditor's folder about what was designated: front matter, disclosures, planning, the test.

Each is made of what is stored, in the order in which it was stored, so that the folder comes out the same again. What
is not there is said to be missing, never left out.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.credit import front_matter
from quizapp.core.credit.amounts import counted, shown
from quizapp.core.credit.front_matter import ELEMENTS, InControl
from quizapp.core.credit.statements import fill
from quizapp.core.wording import count
from quizapp.db.models import (
    Content,
    ContentVersion,
    Disclosure,
    Published,
)
from quizapp.db.models import InControl as Controller
from quizapp.formats.paper import Block, Heading, Items, Paper, Para, Table
from quizapp.services.crediting.activities import Asked, Edition, PinnedLesson

PLANNING = (
    "practice_gap", "need", "intended_change", "why_this_format", "audience", "competencies", "objectives", "method",
    "minutes", "bibliography",
)  # fmt: skip
"""Elements of the front matter that tell how the activity was planned."""
_QUIET = frozenset({"id", "slug"})


def missing(what: str) -> Para:
    """A sentence that is set apart."""
    return Para(f"Missing: {what}", missing=True)


def front_paper(session: Session, edition: Edition, today: dt.date) -> Paper:
    """What an edition stated before anybody took part, and which text it rests on."""
    rows = [
        (name, text_of(getattr(edition.front, element)))
        for element, name in ELEMENTS.items()
        if element not in _ELSEWHERE
    ]
    blocks: list[Block] = [
        Para(
            f"Edition {edition.number}, released {moment(edition.released)}, expires {moment(edition.expires)}, "
            f"claims until {moment(edition.claim_until)}."
        ),
        Table("As it was published", ("Element", "Text"), tuple((name, text or "–") for name, text in rows)),
        *(missing(f"{name}.") for name, text in rows if not text),
        Heading("Credit designated"),
    ]
    if not edition.credit_designated:
        blocks.append(missing("no credit is designated for this activity, and no clinician has signed for it."))
    for one in edition.systems:
        blocks += [
            Para(f"At most {counted(one.maximum, one.unit).replace('*', '')}, in steps of {shown(one.step)}."),
            Para(one.designation_statement.replace("*", "")),
            Para(fill(one.claim_statement, {"claimed": "…", "name": "…"}).replace("*", "")),
        ]
    if not edition.systems:
        blocks.append(missing("credit of any system."))
    if edition.front.recognition.sentence:
        blocks.append(Para(f"Label of a board: {edition.front.recognition.sentence}"))
    if edition.lesson is not None:
        blocks += [Heading("The lesson that was designated"), _pinned(session, edition.lesson)]
    return Paper(f"Front matter, edition {edition.number}: {edition.title}", today, tuple(blocks))


_ELSEWHERE = frozenset({"in_control", "questions"})


def _pinned(session: Session, lesson: PinnedLesson) -> Block:
    """By which marks the text and its figures are known again."""
    rows = session.execute(
        sa.select(Content.kind, Content.slug, ContentVersion.number, ContentVersion.created_at, ContentVersion.sha256)
        .join(Content, Content.id == ContentVersion.content_id)
        .where(ContentVersion.id.in_([lesson.version_id, *lesson.beside]), Content.kind.in_(("lesson", "figure")))
        .order_by(Content.kind.desc(), Content.slug)
    )
    return Table(
        "Whoever takes part in this edition reads these versions, whatever is published later",
        ("Entry", "Version", "Written", "SHA-256 of what it says"),
        tuple(
            (f"{row.kind} {row.slug}", str(row.number), moment(row.created_at), _grouped(row.sha256)) for row in rows
        ),
    )


def _grouped(digest: str) -> str:
    """In groups, so that it breaks within its column."""
    return " ".join(digest[start : start + 8] for start in range(0, len(digest), 8))


def disclosure_paper(session: Session, editions: Sequence[Edition], activity_id: int, today: dt.date) -> Paper:
    """Who controlled the content, what each disclosed, and how it was mitigated: as published, and as it was given."""
    blocks: list[Block] = []
    for edition in editions:
        people = edition.front.in_control
        blocks.append(Heading(f"As published in edition {edition.number}"))
        if not people:
            blocks.append(missing("nobody is named as being in control of content."))
        else:
            blocks.append(
                Table(
                    "People in control of content",
                    ("Name", "Role", "Since", "Relationships disclosed", "Mitigation"),
                    tuple(_controller(one) for one in people),
                )
            )
        faults = [fault for fault in front_matter.problems(edition.front) if any(p.name in fault for p in people)]
        blocks += [missing(fault) for fault in faults]
    blocks.append(Heading("Disclosures as they were given"))
    rows = session.execute(_DISCLOSED.where(Controller.activity_id == activity_id)).all()
    if rows:
        blocks.append(
            Table(
                "In the order in which they were given",
                ("Name", "Given", "Relationships", "Mitigation"),
                tuple(
                    (row.name, moment(row.at), "; ".join(row.relationships) or "none", _mitigated(row)) for row in rows
                ),
            )
        )
    else:
        blocks.append(missing("no form of disclosure was filled in here."))
    return Paper("Disclosures and mitigation", today, tuple(blocks))


def _controller(one: InControl) -> tuple[str, ...]:
    told = "not asked" if one.relationships is None else "; ".join(one.relationships) or "none"
    return one.name, one.role, text_of(one.began) or "–", told, _mitigated(one)


def _mitigated(one: Any) -> str:
    on = f" ({one.mitigated_on.isoformat()})" if one.mitigated_on else ""
    return f"{one.mitigation}{on}" if one.mitigation else "–"


def planning_paper(edition: Edition, today: dt.date) -> Paper:
    """The planning texts of the newest edition."""
    blocks: list[Block] = []
    for element in PLANNING:
        held = getattr(edition.front, element)
        name = ELEMENTS[element]
        blocks.append(Heading(name[0].upper() + name[1:]))
        if not held:
            blocks.append(missing(f"{name}."))
        else:
            blocks.append(Items(held) if isinstance(held, tuple) else Para(str(held)))
    return Paper(f"Planning: {edition.title}", today, tuple(blocks))


def test_paper(session: Session, editions: Sequence[Edition], today: dt.date) -> Paper:
    """Every question that could be asked, in the version that was designated: with its key, reasons, sources and the
    clinician who signed it."""
    blocks: list[Block] = []
    ids = {one.version_id for edition in editions for one in edition.questions}
    bodies = {
        row.id: row
        for row in session.execute(
            sa.select(ContentVersion.id, ContentVersion.number, ContentVersion.body).where(ContentVersion.id.in_(ids))
        )
    }
    facts = _published(session, "fact")
    references = _published(session, "reference")
    for edition in editions:
        blocks += [
            Heading(f"Edition {edition.number}"),
            Para(
                f"A test asks {edition.a_test or len(edition.questions)} of "
                f"{count(len(edition.questions), 'question')}; {edition.minimum_percent} % of the marks are needed, in "
                f"at most {count(edition.attempts, 'attempt')}."
            ),
        ]
        if not edition.questions:
            blocks.append(missing("questions."))
        for one in edition.questions:
            blocks += question_blocks(one, bodies.get(one.version_id), facts, references)
    return Paper("The test: keys, sources, sign-offs", today, tuple(blocks))


test_paper.__test__ = False  # type: ignore[attr-defined]  # its name begins as those of tests do


def question_blocks(one: Asked, row: Any, facts: Mapping[str, Any], references: Mapping[str, Any]) -> Iterator[Block]:
    """A question as it was designated. `row`: its version, number and body, or None; `facts`, `references`: by slug."""
    yield Heading(one.slug, 3)
    if row is None:
        yield missing("the version that was designated.")
        return
    kind = ", ".join(
        str(row.body[name]).replace("_", " ") for name in ("type", "bloom", "difficulty") if row.body.get(name)
    )
    yield Para(f"Version {row.number}, on objective {one.objective}: {kind}.")
    for field in ("stem", "lead_in"):
        yield from _written(str(row.body.get(field) or ""))
    told = set(_TOLD)
    options = row.body.get("options") or ()
    if any("key" in held for held in options) and all(held.keys() <= _OPTION for held in options):
        told.add("options")
        yield Table("Options", ("Option", "Key", "Reason"), tuple(_option(held) for held in options))
    if rest := tuple(_lines({name: held for name, held in row.body.items() if name not in told})):
        yield Table("What else stands in it", ("Field", "Content"), rest)
    named = [facts[name] for name in row.body.get("facts", ()) if name in facts]
    sources = [
        f"{fact['statement']} [{'; '.join(_source(each, references) for each in fact.get('sources', ())) or 'none'}]"
        for fact in named
    ]
    if sources:
        yield Para("It rests on:")
    yield Items(tuple(sources)) if sources else missing("sources of this question.")
    yield Para(f"Signed by {one.signed_by}.") if one.signed_by else missing("a clinician’s signature for this version.")


_TOLD = frozenset({
    "type", "bloom", "difficulty", "stem", "lead_in", "state", "objective", "pool", "lesson", "facts",
    "references", "authors", "enemies",
})  # fmt: skip
"""Fields of a question that are told by themselves, or that say nothing to an accreditor."""


_OPTION = frozenset({"id", "text", "key", "why", "trap"})
"""Fields of an option that is told in a row; options that have others are told field by field."""


def _option(held: Mapping[str, Any]) -> tuple[str, ...]:
    return _plain(str(held["text"])), "key" if held.get("key") else "–", _plain(str(held.get("why") or "–"))


def _plain(text: str) -> str:
    """Text without the signs that set it bold or keep a sign from setting anything."""
    return re.sub(r"\\([\\*_`])", r"\1", text.replace("**", ""))


def _written(text: str) -> Iterator[Block]:
    """Paragraphs of a text, and its tables as tables."""
    for piece in text.split("\n\n"):
        lines = piece.strip().splitlines()
        if len(lines) > 2 and all(line.startswith("|") for line in lines):
            head, _, *rows = (tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines)
            yield Table("As it stands in the question", head, tuple(row for row in rows if len(row) == len(head)))
        elif lines:
            yield Para(_plain("\n".join(lines)))


def _source(each: Mapping[str, Any], references: Mapping[str, Any]) -> str:
    held = references.get(each["reference"])
    return str(held["citation"]) if held else str(each["reference"])


def _lines(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """The fields of a question, one line each, whatever its type."""
    if isinstance(value, Mapping):
        for key, held in value.items():
            if key not in _QUIET and held not in (None, "", [], {}):
                yield from _lines(held, f"{path} {key}".strip())
    elif isinstance(value, list):
        for number, held in enumerate(value, 1):
            yield from _lines(held, f"{path} {number}")
    else:
        yield (
            path.replace("_", " "),
            {True: "yes", False: "no"}[value] if isinstance(value, bool) else _plain(str(value)),
        )


def _published(session: Session, kind: str) -> dict[str, Any]:
    rows = session.execute(
        sa.select(Content.slug, ContentVersion.body)
        .join(Published, Published.content_id == Content.id)
        .join(ContentVersion, ContentVersion.id == Published.version_id)
        .where(Content.kind == kind)
    )
    return {row.slug: row.body for row in rows}


def text_of(held: Any) -> str:
    """A value of the front matter in words."""
    if isinstance(held, tuple):
        return "; ".join(str(one) for one in held)
    return held.isoformat() if isinstance(held, dt.date) else str(held or "")


def moment(at: dt.datetime) -> str:
    """A moment to the minute, in UTC."""
    return at.astimezone(dt.UTC).isoformat(timespec="minutes").replace("+00:00", "Z")


_DISCLOSED = (
    sa.select(
        Controller.name,
        Disclosure.at,
        Disclosure.relationships,
        Disclosure.mitigation,
        Disclosure.mitigated_on,
    )
    .join(Disclosure, Disclosure.in_control_id == Controller.id)
    .order_by(Disclosure.id)
)
