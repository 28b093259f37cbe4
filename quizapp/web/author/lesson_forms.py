"""The form of a lesson: its front matter, and its text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from werkzeug.datastructures import MultiDict

from quizapp.formats.native import Lesson
from quizapp.itemtypes.editing import Choice, Group, Json, Kept, Line, Lines, Picks, Rows, Words, offer

KEPT = ("id", "topic", "state", "reviewed")
"""What is not written in the form: identity, and what reviewing decides."""
CARDS = (("article", "Article"), ("image", "Image"), ("lesson", "Lesson"))


class Figure(Group):
    id = Line("Name", description="As the text calls it.")
    src = Kept()
    title = Line("Title")
    alt = Words("What one sees, in a sentence or two", inline=True)
    description = Words("The long description")
    caption = Words("Caption", inline=True)
    credit = Line("Credit")
    licence = Line("Licence")


class Related(Group):
    kind = Choice("Kind", choices=CARDS)
    title = Line("Title")
    summary = Words("One sentence", inline=True)
    dated = Line("Dated", kind="date")
    topic = Line("Topic, as readers see it")
    href = Line("Address")
    owner = Line("Owner of the source")


class Form(Group):
    title = Line("Title")
    summary = Words("Summary", inline=True, description="One sentence for the list of lessons.")
    body = Words("Text")
    minutes = Line("Minutes of reading", kind="numeric")
    order = Line("Place among the lessons", kind="numeric")
    dated = Line("Dated", kind="date")
    authors = Lines("Authors", description="One a line.")
    objectives = Picks("Objectives", kind="objective", description="What one can do after it.")
    references = Picks("References", kind="reference")
    prerequisites = Lines("Lessons that help", description="One id a line.")
    banks = Lines("Banks", description="One id a line; their questions practise this lesson.")
    figures = Rows(Figure, "Figures", one="Figure", most=40)
    related = Rows(Related, "Related content", one="Card", most=40)


def filled(content: Mapping[str, Any]) -> Group:
    """The form with a lesson in it, complete or not."""
    form = Form(data={name: value for name, value in content.items() if name not in KEPT})
    offer(form, {})
    return form


def sent(formdata: MultiDict[str, str]) -> Group:
    form = Form(formdata)
    offer(form, {})
    return form


def said(kept: Mapping[str, Any], form: Group) -> Json:
    """What the form says, in the order of a file; a figure that is new lies where its name says."""
    values = {name: kept[name] for name in KEPT if kept.get(name) is not None} | form.said
    for figure in values["figures"]:
        if figure["id"] and not figure["src"]:
            figure["src"] = f"media/{figure['id']}.svg"
    return {name: values[name] for name in Lesson.model_fields if name in values}
