"""Whether all entries fit together: ids, links, cycles, evidence, texts that can be shown, dates that have passed."""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Collection, Iterator, Mapping

from quizapp import itemtypes
from quizapp.formats import Problem, entries, figures, lessons, markdown, signing
from quizapp.formats.links import Link, links
from quizapp.formats.native import Fact, ItemHead, Lesson
from quizapp.formats.tree import DrawnFigure, Entry, Tree

Linked = Mapping[tuple[str, str], list[Link]]


def check(tree: Tree, today: dt.date, about: Collection[tuple[str, str]] | None = None) -> list[Problem]:
    """Everything that is wrong with the files, sorted by file and line; warnings among it. `today` dates reviews.

    `about` names the entries whose own texts are to be read, which takes most of the time; how entries fit together is
    always judged of all.
    """
    linked = {key: links(entry.fields) for key, entry in tree.entries.items()}
    problems = set(tree.problems)
    for key, entry in tree.entries.items():
        if about is None or key in about:
            problems |= set(_texts(entry))
            problems |= set(_dates(entry, today))
            problems |= set(_signoff(entry))
            problems |= set(_places(tree, entry))
            problems |= set(_unready(entry))
        if not tree.blind:
            problems |= set(_dangling(tree, entry, linked))
    problems |= set(_enemies(tree, linked))
    problems |= set(_cycles(tree, linked, "objective"))
    problems |= set(_cycles(tree, linked, "lesson"))
    problems |= set(_evidence(tree, linked))
    problems |= set(_questions_in_lessons(tree, linked))
    problems |= set(_media(tree))
    return sorted(problems)


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


def _place(entry: Entry, link: Link) -> int:
    """The line of a link in its file."""
    if link.path == ("body",):
        return entry.body_line + link.line
    start = entry.document.texts.get(link.path)
    return start + link.line if start and link.line else entry.document.line_of(link.path)


def _texts(entry: Entry) -> Iterator[Problem]:
    if entry.kind == "figure":
        return
    for path, flaw in markdown.render_fields(entry.fields)[1]:
        line = entry.document.texts.get(path, entry.document.line_of(path)) + flaw.line
        yield Problem(entry.file, line, flaw.rule, flaw.message)
    if isinstance(entry.fields, Lesson):
        for flaw in lessons.render_body(entry.fields.body)[1]:
            yield Problem(entry.file, entry.body_line + flaw.line, flaw.rule, flaw.message)


def _dates(entry: Entry, today: dt.date) -> Iterator[Problem]:
    due = getattr(entry.fields, "review_by", None)
    path: tuple[str, ...] = ("review_by",)
    if isinstance(entry.fields, Lesson) and entry.fields.reviewed:
        due, path = entry.fields.reviewed.next, ("reviewed", "next")
    if isinstance(due, dt.date) and due < today:
        message = f"The review of “{entry.id}” was due on {due.isoformat()}."
        yield Problem(entry.file, entry.document.line_of(path), "review-due", message, warning=True)


def _signoff(entry: Entry) -> Iterator[Problem]:
    item = entry.fields
    if isinstance(item, ItemHead) and item.signoff and not signing.holds(item):
        message = f"“{item.id}” has changed since {item.signoff.by} signed it; it counts as not reviewed."
        yield Problem(entry.file, entry.document.line_of(("signoff",)), "signoff-lapsed", message, warning=True)


def _dangling(tree: Tree, entry: Entry, linked: Linked) -> Iterator[Problem]:
    for link in linked[entry.kind, entry.id]:
        target = tree.entries.get((link.kind, link.target))
        if target is None:
            if (link.kind, link.target) in tree.unread:
                continue
            known = [name for kind, name in tree.entries if kind == link.kind]
            near = difflib.get_close_matches(link.target, known, n=1, cutoff=0.6)
            hint = f" (nearest: {near[0]})" if near else ""
            message = f"There is no {link.kind} “{link.target}”{hint}."
            yield Problem(entry.file, _place(entry, link), f"unknown-{link.kind}", message)
        elif link.anchor and isinstance(target.fields, Lesson):
            anchors = [section.anchor for section in lessons.parse(target.fields.body)[0] if section.anchor]
            if link.anchor not in anchors:
                message = f"The lesson “{link.target}” has no section “#{link.anchor}”; it has {', '.join(anchors)}."
                yield Problem(entry.file, _place(entry, link), "unknown-anchor", message)
        elif link.role == "asked" and entry.published and not target.published:
            message = f"The figure “{link.target}” is that of a draft; a published question shows a published figure."
            yield Problem(entry.file, _place(entry, link), "draft-figure", message)
        elif link.role == "shown" and target.group != entry.id:
            message = f"The figure “{link.target}” belongs to the lesson “{target.group}”; name it in “figures” here."
            yield Problem(entry.file, _place(entry, link), "foreign-figure", message)
    if entry.kind == "item" and ("bank", entry.group) not in tree.entries | dict.fromkeys(tree.unread):
        message = f"The folder “{entry.group}” has no bank.yaml."
        yield Problem(entry.file, 1, "missing-bank", message)


def _enemies(tree: Tree, linked: Linked) -> Iterator[Problem]:
    for entry in tree.of("item"):
        for link in linked["item", entry.id]:
            if link.role != "enemy":
                continue
            if link.target == entry.id:
                yield Problem(entry.file, _place(entry, link), "enemy", "A question cannot be its own enemy.")
            back = linked.get(("item", link.target))
            if back is not None and not any(other.role == "enemy" and other.target == entry.id for other in back):
                message = f"“{link.target}” does not name “{entry.id}” among its enemies; both must."
                yield Problem(entry.file, _place(entry, link), "one-sided-enemy", message)


def _cycles(tree: Tree, linked: Linked, kind: str) -> Iterator[Problem]:
    """Prerequisites that lead back to where they started, each cycle once."""
    needs = {
        entry.id: [
            link for link in linked[kind, entry.id] if link.role == "need" and (kind, link.target) in tree.entries
        ]
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
                entry = tree.entries[kind, way[-1]]
                message = f"The prerequisites run in a circle: {' → '.join(round_trip)}."
                yield Problem(entry.file, _place(entry, link), "cycle", message)
            elif link.target not in done:
                way.append(link.target)
                ahead.append(iter(needs[link.target]))


def _unready(entry: Entry) -> Iterator[Problem]:
    """What a type holds back until more is there, such as the votes of a panel; a draft may wait for it."""
    item = entry.fields
    if isinstance(item, ItemHead) and item.state == "published":
        for one in itemtypes.unready(item.type, entries.content_of(item)):
            yield Problem(entry.file, entry.document.line_of(one.path), one.rule, one.message)


def _evidence(tree: Tree, linked: Linked) -> Iterator[Problem]:
    """The gate: what is marked for credit rests on evidence that holds."""
    facts = {entry.id: entry.fields for entry in tree.of("fact") if isinstance(entry.fields, Fact)}
    for entry in tree.of("item"):
        item = entry.fields
        if not isinstance(item, ItemHead) or item.state != "published":
            continue
        for reason in why_not_for_credit(item, facts):
            name = reason.split()[0]
            link = next((link for link in linked["item", entry.id] if link.target == name), None)
            line = _place(entry, link) if link else entry.line
            message = f"“{item.id}” is not for credit: {reason}."
            if item.pool == "secure":
                message = f"“{item.id}” is in the secure pool but not fit for credit: {reason}."
            yield Problem(entry.file, line, "evidence", message, warning=item.pool != "secure")


def _questions_in_lessons(tree: Tree, linked: Linked) -> Iterator[Problem]:
    for entry in tree.of("lesson"):
        for link in linked["lesson", entry.id]:
            asked = tree.entries.get((link.kind, link.target)) if link.role == "check" else None
            if asked is None or not isinstance(asked.fields, ItemHead):
                continue
            if asked.fields.pool == "secure":
                message = f"“{link.target}” is in the secure pool; a lesson would give it away."
                yield Problem(entry.file, _place(entry, link), "secure-question", message)
            elif entry.published and not asked.published:
                message = f"“{link.target}” is a draft; a published lesson asks published questions."
                yield Problem(entry.file, _place(entry, link), "draft-question", message)


def _places(tree: Tree, entry: Entry) -> Iterator[Problem]:
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
                    line = entry.document.line_of((*inside, "regions", number, drawing))
                    message = f"The region “{region['id']}” {fault} of the figure “{figure.id}”."
                    yield Problem(entry.file, line, "misplaced-region", message)


def _size(figure: Entry, digest: str | None) -> tuple[float, float] | None:
    drawing = figures.read(figure.drawings[digest], figure.file)[0] if digest else None
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


def _media(tree: Tree) -> Iterator[Problem]:
    for path in sorted(tree.media - tree.used_media):
        if not tree.blind:
            yield Problem(path, 1, "unused-media", "No figure of the lesson names this file.", warning=True)
