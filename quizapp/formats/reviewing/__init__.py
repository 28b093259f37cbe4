"""The content as a folder to print: what a clinician reads before signing a question or a lesson.

One page of HTML and one PDF for each bank and each lesson, both from the same tree, so that they never differ. Nothing
of the pages of the application is used, and nothing here is meant for learners: every key stands beside its question.
"""

from __future__ import annotations

import datetime as dt

from quizapp.formats.native import Bank, Lesson
from quizapp.formats.reviewing import lesson_sheets, question_sheets
from quizapp.formats.reviewing.pages import Evidence, document, element
from quizapp.formats.reviewing.printing import pdf
from quizapp.formats.tree import Tree


def make(tree: Tree, today: dt.date) -> dict[str, bytes]:
    """The files of the folder by name. Takes a second or two for each bank, for its PDF."""
    evidence = Evidence(tree)
    sheets: list[tuple[str, str, str]] = []
    files: dict[str, bytes] = {}
    for entry in tree.of("bank"):
        items = [item for item in tree.of("item") if item.group == entry.id and item.published]
        if isinstance(entry.fields, Bank) and items:
            name, title = f"questions-{entry.id}", f"{entry.fields.title}: the questions"
            page = question_sheets.page(title, items, evidence, today)
            files |= {f"{name}.html": document(title, page).encode(), f"{name}.pdf": pdf(title, page)}
            sheets.append((name, title, f"{len(items)} questions"))
    for entry in tree.of("lesson"):
        if isinstance(entry.fields, Lesson):
            name, title = f"lesson-{entry.id}", f"{entry.fields.title}: the lesson"
            page, found = lesson_sheets.page(title, entry, evidence, today)
            files |= {f"{name}.html": document(title, page).encode(), f"{name}.pdf": pdf(title, page)}
            sheets.append((name, title, f"{found} sentences"))
    rows = "".join(
        f"<tr><td>{element('b', title)}</td><td>{element('span', size)}</td>"
        f'<td><a href="{name}.html">HTML</a></td><td><a href="{name}.pdf">PDF</a></td></tr>'
        for name, title, size in sheets
    )
    index = f'<h1>Clinical review</h1><table class="sheets">{rows}</table>'
    return files | {"index.html": document("Clinical review", index).encode()}
