"""Whether all entries fit together: ids, links, cycles, evidence, texts that can be shown, dates that have passed."""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from quizapp import itemtypes
from quizapp.formats import Problem, documents, entries, lessons, markdown, pictures, signing
from quizapp.formats.documents import Path
from quizapp.formats.links import Link, links
from quizapp.formats.native import Fact, ItemHead, Lesson
from quizapp.formats.tree import DrawnFigure, Entry, Tree

Key = tuple[str, str]
"""Kind and id of an entry."""


@dataclass(frozen=True)
class Misfit:
    """What is wrong with an entry (or, for a warning, should be known), at its place in the fields.

    `line` counts from 0 within a text of several lines.
    """

    entry: Key
    path: Path
    rule: str
    message: str
    line: int = 0
    warning: bool = False


def check(tree: Tree, today: dt.date) -> list[Problem]:
    """Everything that is wrong with the files, sorted by file and line; warnings among it. `today` dates reviews."""
    found = [*by_themselves(tree, tree.entries, today), *together(tree, tree.entries)]
    return sorted({*tree.problems, *_bankless(tree), *_media(tree), *(_problem(tree, one) for one in found)})


def by_themselves(tree: Tree, keys: Collection[Key], today: dt.date) -> Iterator[Misfit]:
    """What is wrong with these entries whatever stands beside them. Renders their texts, which takes most of the time
    of a check."""
    for key in keys:
        entry = tree.entries[key]
        yield from _texts(entry)
        yield from _dates(entry, today)
        yield from _signoff(entry)
        yield from _unready(entry)


def together(tree: Tree, keys: Collection[Key]) -> Iterator[Misfit]:
    """How these entries fit what they name. Figures in which a question marks places need their drawings."""
    facts = {entry.id: entry.fields for entry in tree.of("fact") if isinstance(entry.fields, Fact)}
    for key in keys:
        entry = tree.entries[key]
        if not tree.blind:
            yield from _dangling(tree, entry)
        yield from _places(tree, entry)
        yield from _enemies(tree, entry)
        yield from _evidence(entry, facts)
        yield from _questions_in_lessons(tree, entry)
    for kind in sorted({kind for kind, _ in keys} & {"objective", "lesson"}):
        yield from _cycles(tree, kind)


def naming(tree: Tree, keys: Collection[Key]) -> Iterator[Key]:
    """The entries that name one of these: what a change of them could break."""
    for key, entry in tree.entries.items():
        if any((link.kind, link.target) in keys for link in entry.links):
            yield key


def why_not_for_credit(item: ItemHead, facts: Mapping[str, Fact]) -> list[str]:
    """Why nobody may earn credit with a question: what its key rests on is missing, weak or was not read."""
    named = [link.target for link in links(item) if link.role == "fact" and link.path[-2:-1] == ("facts",)]
    reasons = [] if named else ["it names no facts"]
    for name in dict.fromkeys(named):
        fact = facts.get(name)
        if fact is None:
            continue
        if fact.certainty in ("Low", "Disputed"):
            reasons.append(f"{name} is {fact.certainty}")
        elif fact.verified == "no":
            reasons.append(f"the source of {name} was not read")
    return reasons


def why_not_graded(item: ItemHead, facts: Mapping[str, Fact]) -> list[str]:
    """Why a question may not decide over anybody: what keeps it from credit, and that no clinician has signed it."""
    reasons = why_not_for_credit(item, facts)
    if item.signoff is None:
        reasons.append("no clinician has signed it")
    elif not signing.holds(item):
        reasons.append("it has changed since it was signed")
    return reasons


def _problem(tree: Tree, found: Misfit) -> Problem:
    """The same with its file and line."""
    entry = tree.entries[found.entry]
    if found.path == ("body",):
        line = entry.body_line + found.line
    elif found.path in entry.document.texts:
        line = entry.document.texts[found.path] + found.line
    else:
        line = entry.document.line_of(found.path)
    return Problem(entry.file, line, found.rule, found.message, found.warning)


def _at(entry: Entry, path: Path, rule: str, message: str, line: int = 0, *, warning: bool = False) -> Misfit:
    return Misfit((entry.kind, entry.id), path, rule, message, line, warning)


def _at_link(entry: Entry, link: Link, rule: str, message: str, *, warning: bool = False) -> Misfit:
    return _at(entry, link.path, rule, message, link.line, warning=warning)


def _texts(entry: Entry) -> Iterator[Misfit]:
    if entry.kind == "figure":
        return
    for path, flaw in markdown.render_fields(entry.fields)[1]:
        yield _at(entry, path, flaw.rule, flaw.message, flaw.line)
    if isinstance(entry.fields, Lesson):
        for flaw in lessons.render_body(entry.fields.body)[1]:
            yield _at(entry, ("body",), flaw.rule, flaw.message, flaw.line)


def _dates(entry: Entry, today: dt.date) -> Iterator[Misfit]:
    due = getattr(entry.fields, "review_by", None)
    path: tuple[str, ...] = ("review_by",)
    if isinstance(entry.fields, Lesson) and entry.fields.reviewed:
        due, path = entry.fields.reviewed.next, ("reviewed", "next")
    if isinstance(due, dt.date) and due < today:
        message = f"The review of “{entry.id}” was due on {due.isoformat()}."
        yield _at(entry, path, "review-due", message, warning=True)


def _signoff(entry: Entry) -> Iterator[Misfit]:
    item = entry.fields
    if isinstance(item, ItemHead) and item.signoff and not signing.holds(item):
        message = f"“{item.id}” has changed since {item.signoff.by} signed it; it counts as not reviewed."
        yield _at(entry, ("signoff",), "signoff-lapsed", message, warning=True)


def _dangling(tree: Tree, entry: Entry) -> Iterator[Misfit]:
    for link in entry.links:
        target = tree.entries.get((link.kind, link.target))
        if target is None:
            if (link.kind, link.target) in tree.unread:
                continue
            known = [name for kind, name in tree.entries if kind == link.kind]
            near = difflib.get_close_matches(link.target, known, n=1, cutoff=0.6)
            hint = f" (nearest: {near[0]})" if near else ""
            message = f"There is no {link.kind} “{documents.shorten(link.target)}”{hint}."
            yield _at_link(entry, link, f"unknown-{link.kind}", message)
        elif link.anchor and isinstance(target.fields, Lesson):
            if link.anchor not in target.anchors:
                there = ", ".join(target.anchors)
                message = f"The lesson “{link.target}” has no section “#{link.anchor}”; it has {there}."
                yield _at_link(entry, link, "unknown-anchor", message)
        elif link.role == "asked" and entry.published and not target.published:
            message = f"The figure “{link.target}” is that of a draft; a published question shows a published figure."
            yield _at_link(entry, link, "draft-figure", message)
        elif link.role == "shown" and target.group != entry.id:
            message = f"The figure “{link.target}” belongs to the lesson “{target.group}”; name it in “figures” here."
            yield _at_link(entry, link, "foreign-figure", message)


def _enemies(tree: Tree, entry: Entry) -> Iterator[Misfit]:
    if entry.kind != "item":
        return
    for link in entry.links:
        if link.role != "enemy":
            continue
        if link.target == entry.id:
            yield _at_link(entry, link, "enemy", "A question cannot be its own enemy.")
        other = tree.entries.get(("item", link.target))
        if other is not None and not any(back.role == "enemy" and back.target == entry.id for back in other.links):
            message = f"“{link.target}” does not name “{entry.id}” among its enemies; both must."
            yield _at_link(entry, link, "one-sided-enemy", message)


def _cycles(tree: Tree, kind: str) -> Iterator[Misfit]:
    """Prerequisites that lead back to where they started, each cycle once."""
    needs = {
        entry.id: [link for link in entry.links if link.role == "need" and (kind, link.target) in tree.entries]
        for entry in tree.of(kind)
    }
    done: set[str] = set()
    for start in needs:
        way: list[str] = []
        ahead = [iter(needs[start])] if start not in done else []
        if ahead:
            way.append(start)
        while ahead:
            link = next(ahead[-1], None)
            if link is None:
                ahead.pop()
                done.add(way.pop())
            elif link.target in way:
                round_trip = [*way[way.index(link.target) :], link.target]
                message = f"The prerequisites run in a circle: {' → '.join(round_trip)}."
                yield _at_link(tree.entries[kind, way[-1]], link, "cycle", message)
            elif link.target not in done:
                way.append(link.target)
                ahead.append(iter(needs[link.target]))


def _unready(entry: Entry) -> Iterator[Misfit]:
    """What a type holds back until more is there, such as the votes of a panel; a draft may wait for it."""
    item = entry.fields
    if isinstance(item, ItemHead) and item.state == "published":
        for one in itemtypes.unready(item.type, entries.content_of(item)):
            yield _at(entry, one.path, one.rule, one.message)


def _evidence(entry: Entry, facts: Mapping[str, Fact]) -> Iterator[Misfit]:
    """The gate: what is marked for credit rests on evidence that holds."""
    item = entry.fields
    if not isinstance(item, ItemHead) or item.state != "published":
        return
    for reason in why_not_for_credit(item, facts):
        name = reason.split()[0]
        link = next((link for link in entry.links if link.target == name), None)
        message = f"“{item.id}” is not for credit: {reason}."
        if item.pool == "secure":
            message = f"“{item.id}” is in the secure pool but not fit for credit: {reason}."
        path = link.path if link else ("facts",)
        line = link.line if link else 0
        yield _at(entry, path, "evidence", message, line, warning=item.pool != "secure")


def _questions_in_lessons(tree: Tree, entry: Entry) -> Iterator[Misfit]:
    if entry.kind != "lesson":
        return
    for link in entry.links:
        asked = tree.entries.get((link.kind, link.target)) if link.role == "check" else None
        if asked is None or not isinstance(asked.fields, ItemHead):
            continue
        if asked.fields.pool == "secure":
            message = f"“{link.target}” is in the secure pool; a lesson would give it away."
            yield _at_link(entry, link, "secure-question", message)
        elif entry.published and not asked.published:
            message = f"“{link.target}” is a draft; a published lesson asks published questions."
            yield _at_link(entry, link, "draft-question", message)


def _places(tree: Tree, entry: Entry) -> Iterator[Misfit]:
    """Places that a question marks in a figure lie inside its drawings, in the narrow one where there is one."""
    if not isinstance(entry.fields, ItemHead):
        return
    content = entries.content_of(entry.fields)
    for part in itemtypes.parts(entry.fields.type, content):
        figure = tree.entries.get(("figure", part.content.get("figure", "")))
        if part.type != "hotspot" or figure is None or not isinstance(figure.fields, DrawnFigure):
            continue
        inside = () if part.content is content else ("parts", content["parts"].index(part.content))
        sizes = {"box": _size(figure, figure.fields.wide), "narrow": _size(figure, figure.fields.narrow)}
        for number, region in enumerate(part.content["regions"]):
            for drawing, size in sizes.items():
                if fault := _misplaced(drawing, region[drawing], size):
                    message = f"The region “{region['id']}” {fault} of the figure “{figure.id}”."
                    yield _at(entry, (*inside, "regions", number, drawing), "misplaced-region", message)


def _size(figure: Entry, digest: str | None) -> tuple[float, float] | None:
    data = figure.drawings.get(digest) if digest else None
    drawing = pictures.draw(data, figure.file, "", "") if data else None
    return (drawing.width, drawing.height) if drawing else None


def _misplaced(name: str, box: list[int] | None, size: tuple[float, float] | None) -> str:
    """What is wrong with a place in one of the drawings, or nothing."""
    if box is None:
        return f"needs its “{name}” in the narrow drawing" if size else ""
    if size is None:
        return f"has a “{name}”, but there is no narrow drawing"
    outside = box[0] + box[2] > size[0] or box[1] + box[3] > size[1]
    return (
        f"ends outside the {'wide' if name == 'box' else name} drawing ({size[0]:g} × {size[1]:g})" if outside else ""
    )


def _bankless(tree: Tree) -> Iterator[Problem]:
    banks = tree.entries.keys() | tree.unread
    for entry in tree.of("item"):
        if not tree.blind and ("bank", entry.group) not in banks:
            yield Problem(entry.file, 1, "missing-bank", f"The folder “{entry.group}” has no bank.yaml.")


def _media(tree: Tree) -> Iterator[Problem]:
    for path in sorted(tree.media - tree.used_media):
        if not tree.blind:
            yield Problem(path, 1, "unused-media", "No figure of the lesson names this file.", warning=True)
