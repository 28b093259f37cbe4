"""From content to the editor’s form and back, nothing is lost or changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

import pytest
from pydantic import BaseModel
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, FieldList, FormField

from quizapp import itemtypes, paths
from quizapp.formats import entries, native, tree
from quizapp.itemtypes import editing
from quizapp.itemtypes.editing import Box, Choice, Group, Pairs, Picks, Rows
from quizapp.itemtypes.fields import Fields
from quizapp.itemtypes.samples import typed
from quizapp.web.author import item_forms

Json = dict[str, Any]
HEAD = {"id": "x-1", "objective": "LN3", "bloom": "apply", "difficulty": "medium", "stem": "A vignette."}


def as_sent(form: Group) -> Iterator[tuple[str, str]]:
    """The pairs a browser sends for a form that nobody has touched."""
    for field in editing.fields(form):
        if isinstance(field, (FieldList, FormField)):
            continue
        if isinstance(field, BooleanField):
            yield from [(field.name, "y")] if field.data else []
        elif isinstance(field, Picks):
            yield from ((field.name, name) for name in field.data)
        elif isinstance(field, Choice):
            offered = [choice.value for _, choices in field.shown for choice in choices]
            yield field.name, field.data if field.data in offered else offered[0]
        else:
            yield field.name, field._value().replace("\n", "\r\n")


def through_the_form(content: Json) -> Json:
    shown = item_forms.filled(content, {})
    back = item_forms.sent(content, MultiDict(list(as_sent(shown))), {})
    return item_forms.worded(item_forms.said(content, back))


def unchanged(fields: Fields) -> None:
    content = entries.written(fields)
    back = native.item_model(content["type"]).model_validate(entries.filled(through_the_form(content)))
    assert entries.text_of([back]) == entries.text_of([fields])


def test_every_question_of_the_repository_comes_back_from_its_form_unchanged() -> None:
    items = tree.read(paths.lessons(), paths.question_banks()).of("item")
    assert len(items) > 250
    for entry in items:
        unchanged(entry.fields)


@pytest.mark.parametrize("name", itemtypes.names())
def test_the_examples_of_every_type_come_back_unchanged(name: str) -> None:
    own = {} if itemtypes.is_container(name) else {"lead_in": "Which one?", "take_home": "This one."}
    for example in itemtypes.get(name).examples():
        content = HEAD | own | typed(name, example.content) | {"type": name}
        unchanged(native.item_model(name).model_validate(entries.filled(content)))


@pytest.mark.parametrize("name", itemtypes.names())
def test_the_form_of_a_type_has_a_field_for_all_that_its_file_may_state(name: str) -> None:
    assert not list(differences(item_forms.form_for(name)(), native.item_model(name), ""))


def differences(form: Group, model: type[BaseModel], where: str) -> Iterator[str]:
    kept = set(item_forms.KEPT) if not where else set()
    names = set(form._fields)
    yield from (f"{where}{name}" for name in (names | kept) ^ set(model.model_fields))
    for field in form:
        if isinstance(field, Rows) and not isinstance(field, Pairs) and field.short_name != "parts":
            row = next(part for part in get_args(model.model_fields[field.short_name].annotation))
            yield from differences(field.pattern().form, row, f"{where}{field.short_name}.")
        if isinstance(field, FormField) and not isinstance(field, Box):
            group = next(part for part in get_args(model.model_fields[field.short_name].annotation))
            yield from differences(field.form, group, f"{where}{field.short_name}.")


@pytest.mark.parametrize("name", itemtypes.names())
def test_a_new_question_begins_with_rows_that_say_nothing(name: str) -> None:
    content = {"id": "x-1", "type": name} | editing.blank(name)
    back = entries.filled(through_the_form(content))
    assert not [key for key in back if key in itemtypes.get(name).Body.model_fields if key not in DEFAULTS]


DEFAULTS = ("scoring", "tolerance", "columns", "most", "parameters", "effect")


def test_what_is_typed_is_kept_as_a_file_would_have_it() -> None:
    content = {"id": "x-1", "type": "single_best_answer"}
    sent = [("stem", "  One \t\r\n\r\n two \r\n"), ("facts", "N1"), ("facts", "N1")]
    sent += [("options-7-text", "Late"), ("options-7-id", "q")]
    sent += [("options-2-text", "Early"), ("options-2-key", "y"), ("options-3-text", "")]
    form = item_forms.sent(content, MultiDict(sent), {})
    said = item_forms.worded(item_forms.said(content, form))
    assert said["stem"] == "One\n\n two"
    assert [(row["id"], row["text"], row["key"]) for row in said["options"]] == [
        ("", "Early", True),
        ("q", "Late", False),
    ]
    assert said["facts"] == ["N1"]
    assert [row["id"] for row in entries.with_ids("item", said)["options"]] == ["r", "q"]


def test_what_a_list_does_not_offer_stays_chosen() -> None:
    form = item_forms.filled({"id": "x-1", "type": "matching", "objective": "gone", "bloom": "wonder"}, {})
    assert dict(as_sent(form))["objective"] == "gone"
    assert dict(as_sent(form))["bloom"] == "wonder"
