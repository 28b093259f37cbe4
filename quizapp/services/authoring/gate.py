"""What stands in the way of publishing: the faults that `content check` would name, and advice without a reason.

An entry is written as its file would be and read again, so that what passes here can be exported and loaded.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from quizapp.formats import Problem, documents, entries, lessons
from quizapp.formats.crosscheck import check
from quizapp.formats.documents import Document, Path
from quizapp.formats.linting import lint_bank
from quizapp.formats.native import ItemHead, Lesson, Named
from quizapp.formats.tree import DrawnFigure, Entry, Tree
from quizapp.services.content.editions import at_edition
from quizapp.services.content.publishing import Key
from quizapp.services.content.standing import drawn, entry_of, get_tree, key_of, name_of, with_new

Json = dict[str, Any]


@dataclass(frozen=True)
class Remark:
    """Something that stands in the way, or should be known. `path` is the place in the entry, () for the whole.

    `about` names another entry that this change would break, and `excusable` says that a reason under `lint` lets it
    pass. `line` counts from 0 within a text of several lines.
    """

    path: Path
    rule: str
    message: str
    about: Key | None = None
    excusable: bool = False
    line: int = 0


@dataclass(frozen=True)
class Gate:
    """`entries` are what would be written, the judged one first; empty where it is not whole. It is open when nothing
    hinders; `warnings` do not."""

    entries: tuple[Entry, ...]
    hindrances: tuple[Remark, ...]
    warnings: tuple[Remark, ...]

    @property
    def is_open(self) -> bool:
        return bool(self.entries) and not self.hindrances


def examine(
    session: Session,
    kind: str,
    body: Json,
    *,
    home: str,
    today: dt.date,
    state: str = "published",
    advised: bool = True,
) -> Gate:
    """Judge an entry as if it were published (or withdrawn) in the place of the one that stands. `home`: its bank.
    Unless `advised`, the rules of item-writing are not asked, only whether it is whole and fits.

    Reads only; takes a fraction of a second, so not for every letter that is typed.
    """
    slug = str(body["id"])
    fields, document, faults = read(kind, body | {"state": state})
    if fields is None or document is None:
        return Gate((), tuple(faults), ())
    before = get_tree(session)
    entry = entry_of(fields, kind, home=home, document=document)
    changed = [entry, *_figures(before, fields), *_partners(before, fields, home)]
    asked = [drawn(session, before.entries[key]) for key in _asked(before, fields)]
    after = with_new(before, [*asked, *changed])
    about = {(kind, slug)}
    known = at_edition(session, f"faults {today}", lambda: {_without_line(one) for one in check(before, today, ())})
    found = [problem for problem in check(after, today, about) if _without_line(problem) not in known]
    remarks = [_remark(problem, entry) for problem in found]
    hindrances = [*faults, *(remark for remark, problem in zip(remarks, found, strict=True) if not problem.warning)]
    if advised and isinstance(fields, ItemHead) and state == "published":
        hindrances += _advice(after, fields, home)
    warnings = (remark for remark, problem in zip(remarks, found, strict=True) if problem.warning)
    return Gate(tuple(changed), tuple(dict.fromkeys(hindrances)), tuple(warnings))


def read(kind: str, body: Json) -> tuple[Named | None, Document | None, list[Remark]]:
    """Type what was drafted, by way of the text that its file would hold."""
    name = name_of(kind, str(body["id"]))
    head = {key: value for key, value in entries.filled(body).items() if kind != "lesson" or key != "body"}
    text = documents.write([head])
    if kind == "lesson":
        text = f"---\n{text}---\n\n{str(body.get('body') or '').strip()}\n"
    _, problems = documents.decode(text.encode(), name)
    if problems:
        return None, None, [Remark((), problem.rule, problem.message) for problem in problems]
    if kind == "lesson":
        lesson, document, body_line, problems = lessons.read(text, name)
        if document is not None:
            document.lines["body",] = document.texts["body",] = body_line
        return lesson, document, [_placed(problem, document) for problem in problems]
    found, problems = documents.read(text, name)
    if problems or len(found) != 1:
        return None, None, [_placed(problem, found[0] if found else None) for problem in problems]
    fields, problems = entries.read_entry(kind, found[0])
    return fields, found[0], [_placed(problem, found[0]) for problem in problems]


def _placed(problem: Problem, document: Document | None) -> Remark:
    if document is None:
        return Remark((), problem.rule, problem.message)
    path, line = _path_at(document, problem.line)
    return Remark(path, problem.rule, problem.message, line=line)


def _path_at(document: Document, line: int) -> tuple[Path, int]:
    """The innermost place of a document whose text holds a line, and how far below its beginning the line is."""
    places = {**document.lines, **document.texts}
    best = max((place for place in places.items() if place[1] <= line), key=lambda place: (place[1], len(place[0])))
    return best[0], line - best[1]


def _remark(problem: Problem, entry: Entry) -> Remark:
    if problem.file == entry.file:
        return _placed(problem, entry.document)
    about = key_of(problem.file)
    return Remark((), problem.rule, problem.message, about=about)


def _without_line(problem: Problem) -> tuple[str, str, str]:
    return problem.file, problem.rule, problem.message


def _advice(tree: Tree, item: ItemHead, bank: str) -> Iterator[Remark]:
    """What the linter finds in this item, by itself and beside the published items of its bank."""
    others = [entry for entry in tree.of("item") if entry.group == bank and (entry.published or entry.id == item.id)]
    for finding in lint_bank([entries.content_of(entry.fields) for entry in others]).findings:
        if finding.item == item.id:
            yield Remark(finding.path, finding.rule, finding.message, excusable=True)


def _figures(tree: Tree, fields: Named) -> Iterable[Entry]:
    """The figures of a lesson as it describes them now, with the drawings that they have. One that is new has none: its
    drawing comes with the files, and the check says that it is missing."""
    if not isinstance(fields, Lesson):
        return
    named = {figure.id: figure for figure in fields.figures}
    for held in tree.of("figure"):
        if not isinstance(held.fields, DrawnFigure) or held.group != fields.id:
            continue
        if held.id in named:
            told = {name: getattr(named[held.id], name) for name in type(named[held.id]).model_fields}
            changed = held.fields.model_copy(update=told | {"state": fields.state})
        else:
            changed = held.fields.model_copy(update={"state": "draft"})
        if changed != held.fields:
            yield entry_of(changed, "figure")


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


def _asked(tree: Tree, fields: Named) -> Iterator[Key]:
    """The figures in which an item asks for a place."""
    if not isinstance(fields, ItemHead):
        return
    content = entries.content_of(fields)
    for part in (content, *content.get("parts", ())):
        key = ("figure", str(part.get("figure")))
        if key in tree.entries:
            yield key
