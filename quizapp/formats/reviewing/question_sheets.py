"""Questions for review: left what a learner sees, right beside it the key and the reason of everything."""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Iterator, Sequence
from typing import Any

from quizapp.core.wording import plain_day
from quizapp.formats import signing
from quizapp.formats.anatomy import Option, Step, Typed, take_apart
from quizapp.formats.entries import content_of
from quizapp.formats.native import ItemHead
from quizapp.formats.reviewing.drawings import LETTERS, drawing
from quizapp.formats.reviewing.pages import Evidence, element, facts_table, rendered, sign_box, table
from quizapp.formats.tree import Entry

LONGEST_WHOLE = 4_000
"""Characters that fill about two thirds of a page; a block that is not parted and fills more than a page is cut off."""
PLACE = re.compile(r"\{\{([a-z][a-z0-9]*)\}\}")
"""A blank in a text."""
HOW = (
    "Left stands what a learner sees, right the key (marked) and the reason that is told after the answer: cover the "
    "right half to answer first. Learners see options in another order. Please judge: is the key right, and the only "
    "one? Is each reason true? Do the facts carry the key? Is anything outdated where you practise?"
)


def page(title: str, items: Sequence[Entry], evidence: Evidence, today: dt.date) -> str:
    """The sheet of a bank: an index by objective, then every question."""
    groups: dict[str, list[Entry]] = {}
    for item in items:
        groups.setdefault(_item(item).objective, []).append(item)
    order = {name: place for place, name in enumerate(evidence.aims)}
    ordered = sorted(groups, key=lambda name: order.get(name, len(order)))
    parts = [
        f"<h1>{html.escape(title)}</h1>",
        element("p", f"{len(items)} questions · {len(ordered)} objectives · printed {plain_day(today)}", "about"),
        element("p", HOW),
        _index(ordered, groups, evidence),
    ]
    for name in ordered:
        aim = evidence.aims.get(name)
        statement = rendered(aim.statement, inline=True) if aim else ""
        parts.append(f"<h2>{html.escape(name)} · You can {statement}</h2>")
        parts += [_question(item, evidence) for item in groups[name]]
    return "".join(parts)


def _item(entry: Entry) -> ItemHead:
    if not isinstance(entry.fields, ItemHead):
        raise TypeError(f"{entry.id} is no question")
    return entry.fields


def _index(names: Sequence[str], groups: dict[str, list[Entry]], evidence: Evidence) -> str:
    rows = []
    for name in names:
        aim = evidence.aims.get(name)
        links = " · ".join(f'<a class="page" href="#{item.id}">{item.id}</a>' for item in groups[name])
        rows.append([element("b", name), rendered(aim.statement, inline=True) if aim else "", links])
    return table("index small", ("", "Objective: You can …", "Questions"), rows)


def _question(entry: Entry, evidence: Evidence) -> str:
    item = _item(entry)
    steps = take_apart(content_of(item))
    about = [item.type.replace("_", " "), item.bloom, item.difficulty, f"{item.pool} pool", item.lesson or "no lesson"]
    about += [f"region: {item.region}"] if item.region else []
    about += [f"with enemies {', '.join(item.enemies)}"] if item.enemies else []
    asked = [f'<p><span class="mark">{entry.id}</span> {element("span", " · ".join(about), "about")}</p>']
    facts = list(item.facts)
    if steps[0].id:
        asked.append(rendered(steps[0].before[0]))
    wholes: list[list[str]] = []
    for number, step in enumerate(steps, 1):
        if step.id:
            kind = step.type.replace("_", " ")
            asked += [
                element("h3", f"Part {number} · {kind} · {step.objective}"),
                rendered(step.fields["reveal"] or ""),
            ]
            facts += step.fields["facts"]
        wholes.append([*asked, _step(step, evidence)])
        asked = []
    told = [getattr(item, "take_home", None), getattr(item, "explanation", None)] if steps[0].id else []
    wholes[-1] += [f'<div class="told">{rendered(text)}</div>' for text in told if text]
    sign = sign_box(f"{entry.id} · version {signing.version_of(item)}{_signed(item)}")
    inside = "".join(_unparted("".join(parts), "later" if place else "first") for place, parts in enumerate(wholes))
    return f'<article id="{entry.id}">{inside}{facts_table(evidence, facts)}{sign}</article>'


def _unparted(inside: str, name: str) -> str:
    """A part of a question that stands on one page, if it fits on one."""
    short = len(re.sub(r"<[^>]*>", "", inside)) < LONGEST_WHOLE
    return f'<div class="{f"{name} whole" if short else name}">{inside}</div>'


def _signed(item: ItemHead) -> str:
    if item.signoff is None:
        return ""
    state = "signed by" if signing.holds(item) else "an earlier version was signed by"
    return f" · {state} {item.signoff.by}, {item.signoff.credentials}, {plain_day(item.signoff.on)}"


def _step(step: Step, evidence: Evidence) -> str:
    parts = [rendered(step.stem)]
    if step.type == "hotspot":
        places = [tuple(region["box"]) for region in step.fields["regions"]]
        parts.append(f'<div class="figure">{drawing(evidence, str(step.fields["figure"]), places)}</div>')
    elif step.fields.get("figure"):
        parts.append(f'<div class="figure">{drawing(evidence, str(step.fields["figure"]))}</div>')
    parts.append(f'<div class="leadin">{rendered(step.lead_in, inline=True)}</div>')
    if step.fields.get("most"):
        parts.append(element("p", f"At most {step.fields['most']} may be chosen.", "quiet"))
    parts += [rendered(PLACE.sub(r"**[\1]**", step.text))] if step.text else []
    if step.labels:
        named = " · ".join(rendered(label.text, inline=True) for label in step.labels)
        parts.append(f'<p class="quiet">To choose from: {named}</p>')
    for choices in step.choices:
        rows = [_row(LETTERS[place], option, evidence) for place, option in enumerate(choices.options)]
        parts.append(_answers(rows, _blank(step, choices.path)))
    if step.rows:
        rows = [
            ["", rendered(row.text), f'<b class="yes">{rendered(row.key, inline=True)}</b>',
             rendered(row.why) + _traps(row.traps, evidence)]
            for row in step.rows
        ]  # fmt: skip
        parts.append(_answers(rows))
    for typed in step.typed:
        parts.append(_answers(list(_typed_rows(typed, evidence)), typed.id))
    if step.order:
        rows = [[str(place), rendered(each.text), "", rendered(each.why)] for place, each in enumerate(step.order, 1)]
        parts.append('<p class="quiet">In the right order; learners see them shuffled.</p>' + _answers(rows))
    parts += [f'<div class="told">{rendered(text)}</div>' for _, text in step.told]
    return "".join(parts)


def _blank(step: Step, path: tuple[Any, ...]) -> str:
    return str(step.fields["blanks"][path[-2]]["id"]) if "blanks" in path else ""


def _answers(rows: list[list[str]], title: str = "") -> str:
    head = f"<p>{element('b', f'Blank “{title}”')}</p>" if title else ""
    return head + table("answers", (), rows)


def _row(letter: str, option: Option, evidence: Evidence) -> list[str]:
    verdict = "<b class='yes'>KEY</b>" if option.right else ""
    verdict = "<b class='no'>HARMFUL</b>" if option.harmful else verdict
    traps = _traps([option.trap] if option.trap else [], evidence)
    return [letter, rendered(option.text, inline=True), verdict, rendered(option.why) + traps]


def _typed_rows(typed: Typed, evidence: Evidence) -> Iterator[list[str]]:
    yield ["", html.escape(" / ".join(typed.accept)), "<b class='yes'>KEY</b>", rendered(typed.why)]
    for refused in typed.refuse:
        traps = _traps([refused.trap] if refused.trap else [], evidence)
        yield ["", html.escape(refused.text), "", rendered(refused.why) + traps]


def _traps(names: Sequence[str], evidence: Evidence) -> str:
    beliefs = [evidence.traps[name].belief for name in names if name in evidence.traps]
    return "".join(f'<p class="quiet">Trap: {rendered(belief, inline=True)}</p>' for belief in beliefs)
