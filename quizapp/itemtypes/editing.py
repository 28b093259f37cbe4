"""The vocabulary in which a type declares how it is edited: fields that read a form and say what a file would say.

A type declares in `forms.py` a `Body` of such fields, named as those of its `Body` in `item.py`. From content to form
and back nothing is lost or changed, which a test shows with every question of the repository. Knows WTForms, but no
request, template or database: what is offered to choose from (objectives, sections, figures) is handed in by `offer`.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from importlib import import_module
from itertools import groupby
from typing import Any, cast

from wtforms import (
    BooleanField,
    Field,
    FieldList,
    Form,
    FormField,
    HiddenField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.utils import unset_value

from quizapp import itemtypes

Json = dict[str, Any]
Path = tuple[str | int, ...]
Offers = Mapping[str, Sequence[SelectChoice]]
"""What may be chosen, by the name of the offer."""

TRUTH = (("true", "True"), ("false", "False"))


def tidy(text: str) -> str:
    """A text as a content file keeps it: LF, no tabs, no space around it or at the end of its lines."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ").strip().split("\n")
    return "\n".join(line.rstrip() for line in lines)


class Words(TextAreaField):
    """A text of any length; `inline` ones are one paragraph."""

    data: str | None

    def __init__(self, label: str, *, inline: bool = False, **kwargs: Any) -> None:
        super().__init__(label, **kwargs)
        self.inline = inline

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = tidy(valuelist[0]) if valuelist else None

    @property
    def said(self) -> str:
        return self.data or ""


class Line(StringField):
    """A few words in one line: an id, a name, a number, a day."""

    data: str | None

    def __init__(self, label: str = "", *, kind: str = "text", **kwargs: Any) -> None:
        super().__init__(label, **kwargs)
        self.kind = kind

    def process_data(self, value: Any) -> None:
        self.data = "" if value is None else str(value)

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = tidy(valuelist[0]) if valuelist else None

    @property
    def said(self) -> str:
        return self.data or ""


class Kept(HiddenField):
    """What the author does not edit: a permanent id, the type of a part."""

    @property
    def said(self) -> str:
        return self.data or ""


class Lines(TextAreaField):
    """Several short texts, one a line."""

    inline = False

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = [line.strip() for line in tidy(valuelist[0]).split("\n") if line.strip()] if valuelist else []

    def _value(self) -> str:
        return "\n".join(self.data or ())

    @property
    def said(self) -> list[str]:
        return list(self.data or ())


class Tick(BooleanField):
    """Yes or no; no is what a file leaves out."""

    @property
    def said(self) -> bool:
        return bool(self.data)


class Choice(SelectField):
    """One of several. `offer` names what is chosen from, where that is not known here; `first` is the empty choice.

    A value that is not offered stays and is shown: what an author has not touched must not change.
    """

    def __init__(self, label: str, *, choices: Any = (), offer: str = "", first: str = "Choose", **kwargs: Any) -> None:
        super().__init__(label, choices=[], validate_choice=False, **kwargs)
        self.offer = offer
        self.first = first
        self.offered = [SelectChoice(value=value, label=text) for value, text in choices]

    def process_data(self, value: Any) -> None:
        self.data = {True: "true", False: "false", None: ""}.get(value, value)

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = valuelist[0].strip() if valuelist else ""

    @property
    def shown(self) -> list[tuple[str, list[SelectChoice]]]:
        """All choices under their groups, with the empty one and an unknown value where there are any."""
        known = {choice.value for choice in self.offered}
        before = [SelectChoice(value="", label=self.first)] if self.first else []
        if self.data and self.data not in known:
            before.append(SelectChoice(value=self.data, label=f"{self.data} (unknown)"))
        grouped = groupby([*before, *self.offered], lambda choice: choice.optgroup or "")
        return [(name, list(choices)) for name, choices in grouped]

    @property
    def said(self) -> str:
        return self.data or ""


class Picks(Field):
    """Entries picked from many, by id, in the order picked. `kind`: what they are."""

    def __init__(self, label: str, *, kind: str, **kwargs: Any) -> None:
        super().__init__(label, **kwargs)
        self.kind = kind

    def process_data(self, value: Any) -> None:
        self.data = list(value or ())

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = list(dict.fromkeys(name for sent in valuelist if (name := sent.strip())))

    @property
    def said(self) -> list[str]:
        return list(self.data)


class Group(Form):
    """Some fields that belong together."""

    @property
    def said(self) -> Json:
        """The fields as a file would state them, empty ones among them."""
        return {field.short_name: field.said for field in self}

    def settle(self) -> None:
        """Called once everything is filled in: offer what depends on other fields."""


class Inner(FormField):
    """A group within a group."""

    @property
    def said(self) -> Any:
        return self.form.said


class Rows(FieldList):
    """A list of groups of one kind to which rows are added, and which are moved and taken away.

    `one` is the word for a row; rows are counted A, B, C where `lettered`. `most` is how many a file may hold.
    """

    last_index: int

    def __init__(
        self, group: type[Group], label: str, *, one: str, most: int, lettered: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(Inner(group), label, **kwargs)
        self.group, self.one, self.most, self.lettered = group, one, most, lettered

    @property
    def said(self) -> Any:
        return [entry.said for entry in self.entries]

    def pattern(self) -> Inner:
        """A row that is not there yet, with `__options__` in the place of its number: what a script makes rows of."""
        last: int = self.last_index
        entry = self._add_entry(index=f"__{self.short_name}__")
        self.entries.pop()
        self.last_index = last
        return cast(Inner, entry)

    def title(self, place: int) -> str:
        """“Option B”, of the row at a place counted from 0."""
        return f"{self.one} {string.ascii_uppercase[place] if self.lettered and place < 26 else place + 1}"


class Typed(Inner):
    """A row whose fields depend on its type, `form_type`; a type that cannot be read is taken for the first of all."""

    def __init__(self, group_of: Callable[[str], type[Group]], **kwargs: Any) -> None:
        self.group_of = group_of
        self.form_type = itemtypes.gradable()[0]
        super().__init__(Group, **kwargs)

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        named = formdata.get(f"{self.name}-type") if formdata else None
        named = named or (data.get("type") if isinstance(data, dict) else None)
        if named in itemtypes.gradable():
            self.form_type = named
        self.form_class = self.group_of(self.form_type)
        super().process(formdata, data, extra_filters)


class TypedRows(Rows):
    """Rows of several types; `group_of` gives the fields of each."""

    def __init__(self, group_of: Callable[[str], type[Group]], label: str, **kwargs: Any) -> None:
        super().__init__(Group, label, **kwargs)
        self.unbound_field = Typed(group_of)


class Pairs(Rows):
    """Rows of two fields that stand in a file as a mapping from the first to the second."""

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        first, second = self._names()
        if isinstance(data, Mapping):
            data = [{first: name, second: value} for name, value in data.items()]
        super().process(formdata, data, extra_filters)

    def _names(self) -> tuple[str, str]:
        first, second = self.group()._fields
        return first, second

    @property
    def said(self) -> Json:
        first, second = self._names()
        rows = [entry.said for entry in self.entries]
        return {row[first]: row[second] for row in rows}


class BoxForm(Group):
    left = Line("Left")
    top = Line("Top")
    width = Line("Width")
    height = Line("Height")


class Box(Inner):
    """A place in a drawing: four whole numbers, in a file as a list."""

    def __init__(self, label: str, **kwargs: Any) -> None:
        super().__init__(BoxForm, label, **kwargs)

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        if isinstance(data, (list, tuple)):
            data = dict(zip(BoxForm()._fields, data, strict=False))
        super().process(formdata, data if isinstance(data, dict) else {}, extra_filters)

    @property
    def said(self) -> list[str]:
        numbers = list(self.form.said.values())
        return numbers if any(numbers) else []


class Asked(Group):
    """What is said before the fields of the type."""

    stem = Words("Stem", description="What is told before anything is asked; may be empty.")
    lead_in = Words("Question", inline=True, description="One thing, answerable with the options covered.")


class Told(Group):
    """What is said after the answer."""

    take_home = Words("Sentence to keep", inline=True, description="The first thing read after the answer.")
    explanation = Words("Explanation")


class Named(Group):
    """A row with a permanent id."""

    id = Kept()


class Reasoned(Named):
    """A row with its reason."""

    text = Words("Text", inline=True)
    why = Words("Reason", description="Why it is right, or wrong; read after the answer.")
    trap = Line("Trap")


class Option(Reasoned):
    """A text to choose that is right or wrong."""

    key = Tick("Key")


class Label(Named):
    """One of the things that rows are given."""

    text = Words("Text", inline=True)


class Refusal(Named):
    """Typed answers that are wrong for one reason."""

    texts = Lines("Answers", description="One a line.")
    why = Words("Reason")
    trap = Line("Trap")


def labels(rows: Rows) -> list[SelectChoice]:
    """The rows of a list to choose from, by their ids."""
    return [
        SelectChoice(value=entry.form.id.said, label=f"{rows.title(place).split()[-1]}  {entry.form.text.said}".strip())
        for place, entry in enumerate(rows.entries)
        if entry.form.id.said
    ]


@cache
def body(name: str) -> type[Group]:
    """The fields of a type. Raises KeyError for a name that is no type."""
    if name not in itemtypes.names():
        raise KeyError(name)
    return cast(type[Group], import_module(f"quizapp.itemtypes.{name}.forms").Body)


def blank(name: str) -> Json:
    """What a new question of a type begins with: empty rows, with their ids."""
    return cast(Json, import_module(f"quizapp.itemtypes.{name}.forms").BLANK)


def fields(group: Group) -> Iterator[Field]:
    """Every field of a form, groups and lists before what is in them."""
    for field in group:
        yield from _with_inner(field)


def _with_inner(field: Field) -> Iterator[Field]:
    yield field
    if isinstance(field, FieldList):
        for entry in field.entries:
            yield from _with_inner(entry)
    elif isinstance(field, FormField):
        yield from fields(field.form)


def offer(group: Group, offers: Offers) -> None:
    """Hand in what may be chosen, and let every group offer what depends on its own fields."""
    for field in fields(group):
        if isinstance(field, Choice) and field.offer in offers:
            field.offered = list(offers[field.offer])
    for inner in (group, *(field.form for field in fields(group) if isinstance(field, FormField))):
        inner.settle()
