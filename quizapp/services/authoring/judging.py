"""What stands against a question while it is written: what is still open, what is wrong, what the rules advise.

Works on a draft, complete or not, and stores nothing. Whether it may be published is decided again at publishing.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from quizapp.formats import documents, entries, lessons, markdown
from quizapp.formats.crosscheck import why_not_for_credit
from quizapp.formats.documents import Path
from quizapp.formats.links import Link, links
from quizapp.formats.linting import REASON_RULES, lint, mending
from quizapp.formats.native import Fact, ItemHead, Lesson, Named
from quizapp.formats.sketching import sketch
from quizapp.services.content.making import fields_of
from quizapp.services.versions import Version, published

Json = dict[str, Any]

OPEN = ("missing", "too-short")
"""What nobody has done wrong: it is not written yet."""


@dataclass(frozen=True)
class Fault:
    """What keeps the entry from being published. `line` counts from 0 within a text of several lines."""

    path: Path
    rule: str
    message: str
    line: int = 0

    @property
    def is_open(self) -> bool:
        return self.rule in OPEN


@dataclass(frozen=True)
class Advice:
    """What a rule of item-writing finds. `mend` names what one click would do, "" where an author is needed;
    `reason` is why it may stay. `takes_reason` is False for findings about reasons themselves."""

    path: Path
    rule: str
    message: str
    mend: str = ""
    reason: str = ""
    takes_reason: bool = True


@dataclass(frozen=True)
class Judgement:
    faults: tuple[Fault, ...]
    advice: tuple[Advice, ...]
    excused: tuple[Advice, ...]
    not_for_credit: tuple[str, ...]
    """Why nobody may earn credit with the question, though it may be practised."""

    @property
    def open(self) -> tuple[Fault, ...]:
        return tuple(fault for fault in self.faults if fault.is_open)

    @property
    def wrong(self) -> tuple[Fault, ...]:
        return tuple(fault for fault in self.faults if not fault.is_open)


def judge_item(session: Session, content: Json) -> Judgement:
    """Everything there is to say about a question as it stands in its draft; `content` has its `type` and `id`."""
    faults = list(_unseen(content, ()))
    fields, found = entries.judge("item", content)
    faults += [Fault(one.path, one.rule, one.message) for one in found]
    drawn = fields if isinstance(fields, ItemHead) else sketch(content)
    if drawn is not None:
        faults += _tangled(drawn, content)
        faults += _dangling(session, drawn, content)
    report = lint(content)
    reasons = content.get("lint") or {}
    weak = _not_for_credit(session, drawn) if drawn is not None else ()
    if drawn is not None and drawn.pool == "secure":
        faults += [Fault(("facts",), "evidence", f"Not fit for the secure pool: {reason}.") for reason in weak]
        weak = ()
    return Judgement(
        faults=tuple(dict.fromkeys(faults)),
        advice=tuple(
            Advice(
                one.path,
                one.rule,
                one.message,
                mending.offered(content, one) or "",
                takes_reason=one.rule not in REASON_RULES,
            )
            for one in report.findings
        ),
        excused=tuple(
            Advice(one.path, one.rule, one.message, reason=str(reasons.get(one.rule, ""))) for one in report.excused
        ),
        not_for_credit=weak,
    )


def judge_lesson(session: Session, content: Json) -> Judgement:
    """As `judge_item`, of a lesson; its texts have lines."""
    faults = list(_unseen(content, ()))
    fields, found = entries.judge("lesson", content)
    faults += [Fault(one.path, one.rule, one.message) for one in found]
    flaws = lessons.render_body(str(content.get("body") or ""))[1]
    faults += [Fault(("body",), flaw.rule, flaw.message, flaw.line) for flaw in flaws]
    if isinstance(fields, Lesson):
        faults += _tangled(fields, content)
        faults += _dangling(session, fields, content)
    return Judgement(tuple(dict.fromkeys(faults)), (), (), ())


def _unseen(value: Any, path: Path) -> Iterator[Fault]:
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _unseen(part, (*path, name))
    elif isinstance(value, list):
        for place, part in enumerate(value):
            yield from _unseen(part, (*path, place))
    elif isinstance(value, str) and (sentence := documents.find_unseen(value)):
        yield Fault(path, "invisible-character", sentence)


def _tangled(fields: Named, content: Json) -> Iterator[Fault]:
    """Markdown that cannot be shown, in texts that the author has really written."""
    for path, flaw in markdown.render_fields(fields)[1]:
        if _written_at(content, path):
            yield Fault(path, flaw.rule, flaw.message, flaw.line)


def _written_at(content: Any, path: Path) -> bool:
    for step in path:
        try:
            content = content[step]
        except (KeyError, IndexError, TypeError):
            return False
    return content not in ("", None)


def _dangling(session: Session, fields: Named, content: Json) -> Iterator[Fault]:
    """Links that lead nowhere, or not to where the published content has them."""
    named: dict[str, set[str]] = {}
    written = [link for link in links(fields) if _written_at(content, link.path)]
    for link in written:
        named.setdefault(link.kind, set()).add(link.target)
    known = {kind: published(session, kind, names) for kind, names in named.items()}
    own_figures = {figure.id for figure in getattr(fields, "figures", ())}
    for link in written:
        target = known[link.kind].get(link.target)
        if target is None:
            if link.target != fields.id and not (link.kind == "figure" and link.target in own_figures):
                yield Fault(link.path, f"unknown-{link.kind}", _unknown(session, link), link.line)
        elif link.anchor and link.anchor not in _anchors(target):
            message = f"The lesson “{link.target}” has no section “#{link.anchor}”."
            yield Fault(link.path, "unknown-anchor", message, link.line)
        elif link.role == "shown" and target.body.get("lesson") != fields.id:
            message = f"The figure “{link.target}” belongs to another lesson."
            yield Fault(link.path, "foreign-figure", message, link.line)
        elif link.role == "check" and target.body.get("pool") == "secure":
            message = f"“{link.target}” is in the secure pool; a lesson would give it away."
            yield Fault(link.path, "secure-question", message, link.line)


def _unknown(session: Session, link: Link) -> str:
    near = difflib.get_close_matches(link.target, published(session, link.kind), n=1, cutoff=0.6)
    hint = f" (nearest: {near[0]})" if near else ""
    return f"There is no published {link.kind} “{documents.shorten(link.target)}”{hint}."


def _anchors(lesson: Version) -> set[str]:
    return {section["anchor"] for section in lesson.rendered["sections"]}


def _not_for_credit(session: Session, item: ItemHead) -> tuple[str, ...]:
    names = {link.target for link in links(item) if link.role == "fact"}
    facts = {slug: fields_of("fact", one.body) for slug, one in published(session, "fact", names).items()}
    return tuple(why_not_for_credit(item, {slug: fact for slug, fact in facts.items() if isinstance(fact, Fact)}))
