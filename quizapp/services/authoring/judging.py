"""What stands against an entry: what is still open, what is wrong, what the rules advise, and what it would break.

One judge for the editor and for publishing. A draft is written as its file would be and read again, so that what passes
here can be exported and loaded; what is not whole yet is judged as far as it can be drawn. Stores nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from quizapp.formats import crosscheck, documents, entries, lessons
from quizapp.formats.crosscheck import Misfit
from quizapp.formats.documents import Path
from quizapp.formats.linting import REASON_RULES, Report, lint_beside, mending
from quizapp.formats.native import Fact, ItemHead, Lesson, Named
from quizapp.formats.sketching import sketch
from quizapp.formats.tree import DrawnFigure, Entry, Tree
from quizapp.services.authoring.uploading import uploads_of
from quizapp.services.content.publishing import Key
from quizapp.services.content.standing import entry_of, get_tree, name_of, with_drawn, with_new

Json = dict[str, Any]

OPEN = ("missing", "too-short", "panel-too-small", "no-reference")
"""What nobody has done wrong: it is not there yet."""


@dataclass(frozen=True)
class Fault:
    """What keeps the entry from being published, or (as a warning) should be known. `path` is the place in it, () for
    the whole; `line` counts from 0 within a text of several lines.

    `about` names another entry that this change would break, and `excusable` says that a reason under `lint` lets it
    pass.
    """

    path: Path
    rule: str
    message: str
    line: int = 0
    about: Key | None = None
    excusable: bool = False

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

    @property
    def is_open(self) -> bool:
        return self.rule in OPEN


@dataclass(frozen=True)
class Judgement:
    """`entries` are what would be written, the judged one first; empty where it is not whole. `warnings` hinder
    nothing."""

    entries: tuple[Entry, ...]
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...] = ()
    advice: tuple[Advice, ...] = ()
    excused: tuple[Advice, ...] = ()
    not_for_credit: tuple[str, ...] = ()
    """Why nobody may earn credit with the question, though it may be practised."""

    @property
    def open(self) -> tuple[Fault, ...]:
        return tuple(fault for fault in self.faults if fault.is_open)

    @property
    def wrong(self) -> tuple[Fault, ...]:
        return tuple(fault for fault in self.faults if not fault.is_open)

    @property
    def hindrances(self) -> tuple[Fault, ...]:
        """Everything that keeps it from being published."""
        advice = (Fault(one.path, one.rule, one.message, excusable=True) for one in self.advice)
        return (*self.faults, *advice)

    @property
    def is_ready(self) -> bool:
        return bool(self.entries) and not self.hindrances


def judge(
    session: Session,
    kind: str,
    content: Json,
    *,
    home: str,
    today: dt.date,
    state: str = "published",
    advised: bool = True,
) -> Judgement:
    """Judge an entry, complete or not, as if it were published (or withdrawn) in the place of the one that stands.

    `content` has its `id`, a question its `type`; `home` is the bank. Unless `advised`, the rules of item-writing are
    not asked. The number of statements does not depend on how much content there is.
    """
    content = content | {"state": state}
    fields, faults = read(kind, content)
    drawn = fields or (sketch(content) if kind == "item" else None)
    if drawn is None:
        flaws = lessons.render_body(str(content.get("body") or ""))[1] if kind == "lesson" else ()
        faults += [Fault(("body",), flaw.rule, flaw.message, flaw.line) for flaw in flaws]
        return Judgement((), tuple(dict.fromkeys(faults)))
    before = get_tree(session)
    uploads = uploads_of(session, drawn.id) if kind == "lesson" else {}
    changed = (entry_of(drawn, kind, home=home), *_figures(before, drawn, uploads), *_partners(before, drawn, home))
    found = list(_misfits(session, before, changed, today))
    if fields is None:  # what stands in for words that nobody has written yet is not judged
        found = [one for one in found if not one.path or _written_at(content, one.path)]
    faults += [_fault(one, changed[0]) for one in found if not one.warning]
    item = drawn if isinstance(drawn, ItemHead) and state == "published" else None
    typed = entries.content_of(fields) if fields is not None else content
    report = _report(before, item, typed, home) if item is not None and advised else Report((), ())
    return Judgement(
        entries=changed if fields is not None else (),
        faults=tuple(dict.fromkeys(faults)),
        warnings=tuple(dict.fromkeys(_fault(one, changed[0]) for one in found if one.warning)),
        advice=tuple(
            Advice(
                one.path,
                one.rule,
                one.message,
                mending.offered(typed, one) or "",
                takes_reason=one.rule not in REASON_RULES,
            )
            for one in report.findings
        ),
        excused=tuple(
            Advice(one.path, one.rule, one.message, reason=str((content.get("lint") or {}).get(one.rule, "")))
            for one in report.excused
        ),
        not_for_credit=_not_for_credit(before, item) if item is not None and item.pool != "secure" else (),
    )


def read(kind: str, body: Json) -> tuple[Named | None, list[Fault]]:
    """Type what was drafted, by way of the text that its file would hold."""
    head = {key: value for key, value in entries.filled(body).items() if kind != "lesson" or key != "body"}
    text = documents.write([head])
    if kind == "lesson":
        text = f"---\n{text}---\n\n{str(body.get('body') or '').strip()}\n"
    name = name_of(kind, str(body["id"]))
    decoded, problems = documents.decode(text.encode(), name)
    value: Any = entries.filled(body)
    if not problems:
        if kind == "lesson":
            _, document, _, problems = lessons.read(decoded, name)
            found = [document] if document is not None else []
            problems = [] if found else problems
        else:
            found, problems = documents.read(decoded, name)
        value = found[0].value if len(found) == 1 else value
    fields, misfits = entries.judge(kind, value)
    faults = list(_unseen(body, ()))
    named = {fault.rule for fault in faults}
    faults += [Fault((), one.rule, one.message) for one in problems if one.rule not in named]
    faults += [Fault(one.path, one.rule, one.message) for one in misfits]
    return (None if faults else fields), faults


def _unseen(value: Any, path: Path) -> Iterator[Fault]:
    """Characters that no file may hold, each at its place."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _unseen(part, (*path, name))
    elif isinstance(value, list):
        for place, part in enumerate(value):
            yield from _unseen(part, (*path, place))
    elif isinstance(value, str) and "\t" in value:
        yield Fault(path, "tab", "There is a tab; use spaces.")
    elif isinstance(value, str) and (sentence := documents.find_unseen(value)):
        yield Fault(path, "invisible-character", sentence)


def _written_at(content: Any, path: Path) -> bool:
    for step in path:
        try:
            content = content[step]
        except (KeyError, IndexError, TypeError):
            return False
    return content not in ("", None)


def _misfits(session: Session, before: Tree, changed: tuple[Entry, ...], today: dt.date) -> Iterator[Misfit]:
    """What is wrong with the judged entry, the first of `changed`, and what these entries would break elsewhere. What
    stood there before is in nobody's way."""
    own = changed[0].kind, changed[0].id
    keys = {(entry.kind, entry.id) for entry in changed}
    touched = [*keys, *(key for key in crosscheck.naming(before, keys) if key not in keys)]
    after = with_new(before, changed)
    before, after = with_drawn(session, (before, after), touched)
    stood = crosscheck.together(before, [key for key in touched if key in before.entries])
    known = {(one.entry, one.rule, one.message) for one in stood}
    yield from crosscheck.by_themselves(after, [own], today)
    for one in crosscheck.together(after, touched):
        if (one.entry, one.rule, one.message) not in known:
            yield one


def _fault(found: Misfit, own: Entry) -> Fault:
    if found.entry == (own.kind, own.id):
        return Fault(found.path, found.rule, found.message, found.line)
    return Fault((), found.rule, found.message, about=found.entry)


def _report(tree: Tree, item: ItemHead, typed: Json, bank: str) -> Report:
    """What the linter finds in this item, by itself and beside the published items of its bank."""
    others = (entry for entry in tree.of("item") if entry.group == bank and entry.published and entry.id != item.id)
    return lint_beside(typed, [entry.content for entry in others])


def _not_for_credit(tree: Tree, item: ItemHead) -> tuple[str, ...]:
    facts = {entry.id: entry.fields for entry in tree.of("fact") if isinstance(entry.fields, Fact)}
    return tuple(crosscheck.why_not_for_credit(item, facts))


def _figures(tree: Tree, fields: Named, uploads: Mapping[str, str]) -> Iterable[Entry]:
    """The figures of a lesson as it describes them now, with the drawing that was uploaded, else the one they have. One
    that is new and has neither is left out, and the check says that it is missing."""
    if not isinstance(fields, Lesson):
        return
    held = {
        entry.id: entry.fields
        for entry in tree.of("figure")
        if isinstance(entry.fields, DrawnFigure) and entry.group == fields.id
    }
    named = {figure.id: figure for figure in fields.figures}
    for name, old in held.items():
        if name not in named and old.state != "draft":
            yield entry_of(old.model_copy(update={"state": "draft"}), "figure")
    for name, figure in named.items():
        standing = held.get(name)
        if standing is None and ("figure", name) in tree.entries:
            continue  # another lesson's; that is said where it is shown
        wide = uploads.get(figure.src) or (standing.wide if standing else None)
        if wide is None:
            continue
        # A drawing for narrow screens belongs to the wide one beside which it was made.
        narrow = standing.narrow if standing and standing.wide == wide else None
        told = {field: getattr(figure, field) for field in type(figure).model_fields}
        drawn = DrawnFigure(**told, lesson=fields.id, state=fields.state, wide=wide, narrow=narrow)
        if drawn != standing:
            yield entry_of(drawn, "figure")


def _partners(tree: Tree, fields: Named, bank: str) -> Iterable[Entry]:
    """Questions of the same bank that must name this one among their enemies, or no longer may."""
    if not isinstance(fields, ItemHead):
        return
    for other in tree.of("item"):
        if other.group != bank or other.id == fields.id or not isinstance(other.fields, ItemHead):
            continue
        names_it, is_named = fields.id in other.fields.enemies, other.id in fields.enemies
        if names_it == is_named:
            continue
        kept = [name for name in other.fields.enemies if name != fields.id]
        enemies = sorted([*kept, fields.id]) if is_named else kept
        yield entry_of(other.fields.model_copy(update={"enemies": enemies}), "item", home=bank)
