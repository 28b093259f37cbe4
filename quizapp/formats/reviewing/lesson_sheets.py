"""A lesson for review: sentence → facts → certainty → sources, and apart from them the sentences that cite nothing."""

from __future__ import annotations

import datetime as dt
import html
from collections.abc import Iterable

from quizapp.core.wording import plain_day
from quizapp.formats.native import Lesson
from quizapp.formats.reviewing.drawings import drawing
from quizapp.formats.reviewing.pages import Evidence, element, facts_table, rendered, sign_box, table
from quizapp.formats.reviewing.sentences import Sentence, sentences
from quizapp.formats.tree import Entry


def page(title: str, entry: Entry, evidence: Evidence, today: dt.date) -> tuple[str, int]:
    """The sheet of a lesson, and how many sentences it has."""
    lesson = entry.fields
    if not isinstance(lesson, Lesson):
        raise TypeError(f"{entry.id} is no lesson")
    found = sentences(lesson.body)
    cited = [each for each in found if each.facts]
    shared = [each for each in found if not each.facts and each.near]
    bare = [each for each in found if not each.facts and not each.near]
    parts = [
        f"<h1>{html.escape(title)}</h1>",
        element(
            "p",
            f"Dated {plain_day(lesson.dated)} · printed {plain_day(today)} · by {', '.join(lesson.authors)}",
            "about",
        ),
        element(
            "p",
            f"{len(found)} sentences: {len(cited)} cite facts; {len(shared)} cite nothing but stand before one that "
            f"does in their paragraph; {len(bare)} cite nothing at all. Tables count by the row. Please mark every "
            "sentence that is wrong, too certain, or states a fact without a source.",
        ),
        *(
            f'<div class="figure">{drawing(evidence, figure.id)}</div>'
            f'<p class="about">{rendered(figure.caption, inline=True)}</p>'
            for figure in lesson.figures
        ),
        "<h2>Sentences and what they rest on</h2>",
        _cited(cited, evidence),
        "<h2>Sentences that cite nothing</h2>",
        "<p>The patient’s story, transitions, questions, key points: is there one among them that states a fact?</p>",
        _bare([each for each in found if not each.facts]),
        "<h2>The facts in full</h2>",
        facts_table(evidence, (name for each in found for name in each.facts)),
        sign_box(f"{lesson.id}, dated {lesson.dated}"),
    ]
    return "".join(parts), len(found)


def _cited(found: Iterable[Sentence], evidence: Evidence) -> str:
    rows = []
    for each, section in _sectioned(found):
        facts = [evidence.facts[name] for name in each.facts if name in evidence.facts]
        certainty = ", ".join(dict.fromkeys(fact.certainty for fact in facts))
        unread = " NOT READ" if any(fact.verified == "no" for fact in facts) else ""
        weak = unread or any(fact.certainty in ("Low", "Disputed") for fact in facts)
        sources = "; ".join(dict.fromkeys(filter(None, (evidence.sources(fact) for fact in facts))))
        rows.append(
            [
                str(each.number),
                _told(each, section),
                element("b", ", ".join(each.facts)),
                element("span", certainty + unread, "no" if weak else ""),
                html.escape(sources or "–"),
            ]
        )
    return table("sentences small", ("", "Sentence", "Facts", "Certainty", "Sources"), rows)


def _bare(found: Iterable[Sentence]) -> str:
    rows = [
        [str(each.number), _told(each, section), html.escape(f"next: {', '.join(each.near)}" if each.near else "")]
        for each, section in _sectioned(found)
    ]
    return table("bare small", ("", "Sentence", "Shares a paragraph with"), rows)


def _sectioned(found: Iterable[Sentence]) -> Iterable[tuple[Sentence, str]]:
    """Each sentence with the title of its section, where a section begins."""
    last = ""
    for each in found:
        yield each, "" if each.section == last else each.section
        last = each.section


def _told(each: Sentence, section: str) -> str:
    title = f"<p>{element('b', section, 'yes')}</p>" if section else ""
    kind = element("span", f"{each.kind}: ", "quiet") if each.kind != "text" else ""
    return f"{title}{kind}{rendered(each.text, inline=True)}"
