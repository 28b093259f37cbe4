"""A question taken apart, the same way for every type: what is read, what is offered, what is right and why.

Works on the fields by their names, so that the linter, the counts and the printed review need to know no type. A
question that draws its values is looked at with one set of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from quizapp import itemtypes
from quizapp.formats.documents import Path

Json = dict[str, Any]


@dataclass(frozen=True)
class Option:
    """One of the texts to choose from. `right` is None where that depends on the row."""

    path: Path
    id: str
    text: str
    right: bool | None = None
    why: str = ""
    trap: str | None = None
    harmful: bool = False


@dataclass(frozen=True)
class Choices:
    """A list to choose from: the options of a question, of a blank, the regions of a figure."""

    path: Path
    options: tuple[Option, ...]

    @cached_property
    def keys(self) -> tuple[Option, ...]:
        return tuple(option for option in self.options if option.right)

    @cached_property
    def distractors(self) -> tuple[Option, ...]:
        return tuple(option for option in self.options if not option.right)

    @property
    def key(self) -> Option | None:
        """The only right one, where there is but one and something else to choose."""
        return self.keys[0] if len(self.keys) == 1 and self.distractors else None


@dataclass(frozen=True)
class Row:
    """Something that is given one of the labels: a statement, a premise, a vignette; `key` is the label's text."""

    path: Path
    id: str
    text: str
    key: str
    why: str
    traps: tuple[str, ...] = ()


@dataclass(frozen=True)
class Typed:
    """An answer that is typed: what is taken, and what is refused with its reason."""

    path: Path
    id: str
    accept: tuple[str, ...]
    why: str
    refuse: tuple[Option, ...] = ()


@dataclass(frozen=True)
class Step:
    """One gradable step of an item. Texts are Markdown as written; `before` is what was read earlier in a case."""

    path: Path
    id: str
    type: str
    objective: str
    before: tuple[str, ...]
    stem: str
    lead_in: str
    text: str = ""
    """The theme of an extended-matching question, the text around the blanks of a cloze."""
    choices: tuple[Choices, ...] = ()
    labels: tuple[Option, ...] = ()
    rows: tuple[Row, ...] = ()
    typed: tuple[Typed, ...] = ()
    order: tuple[Option, ...] = ()
    told: tuple[tuple[Path, str], ...] = ()
    """What is read after the answer: the key point and the explanation."""
    fields: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @cached_property
    def vignette(self) -> str:
        """Everything that is read before the question is asked, in plain words."""
        return plain(" ".join(filter(None, (*self.before, self.stem))))

    @cached_property
    def question(self) -> str:
        return plain(self.lead_in)

    @cached_property
    def shown(self) -> tuple[tuple[Path, str], ...]:
        """Every text of this step that a learner sees before answering, with its place."""
        found = [((*self.path, "stem"), self.stem), ((*self.path, "reveal"), str(self.fields.get("reveal") or ""))]
        found += [((*self.path, "lead_in"), self.lead_in), (self.path, self.text)]
        offered = [option for choices in self.choices for option in choices.options]
        options: list[Option | Row] = [*offered, *self.labels, *self.rows, *self.order]
        found += [((*entry.path, "text"), entry.text) for entry in options]
        return tuple((path, text) for path, text in found if text)

    @cached_property
    def reasons(self) -> tuple[tuple[Path, str], ...]:
        """Every text that is read after the answer, with its place."""
        chosen = [option for choices in self.choices for option in choices.options]
        refused = [option for typed in self.typed for option in typed.refuse]
        reasoned: list[Option | Row | Typed] = [*chosen, *self.rows, *self.order, *self.typed, *refused]
        found = [((*entry.path, "why"), entry.why) for entry in reasoned]
        return tuple((path, text) for path, text in (*found, *self.told) if text)


def take_apart(item: Mapping[str, Any]) -> tuple[Step, ...]:
    """The steps of an item, whose fields are plain JSON with defaults or without. What is missing is empty."""
    vignette = str(item.get("stem") or "")
    if not itemtypes.is_container(item["type"]):
        return (_step(item, (), item["type"], "", (), item.get("objective", "")),)
    before = [vignette]
    steps = []
    for place, part in enumerate(item.get("parts", ())):
        if part.get("reveal"):
            before.append(str(part["reveal"]))
        steps.append(_step(part, ("parts", place), part["type"], part["id"], tuple(before), part["objective"]))
    return tuple(steps)


_HIDDEN = 0xE000
"""Where escaped marks wait while the others are taken away; no text holds characters of private use."""


@lru_cache(maxsize=8_000)  # every rule asks for the same texts
def plain(text: str) -> str:
    """A Markdown text in one line without its marks and citations."""
    text = re.sub(r"\[@[^\]]*\]", "", text)
    text = re.sub(r"\\([*_`])", lambda found: chr(_HIDDEN + ord(found[1])), text)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"(?<![A-Za-z0-9])[*_`]+|[*_`]+(?![A-Za-z0-9])|^\s*[|>#+-]+|\|", " ", text, flags=re.M)
    text = re.sub(f"[{chr(_HIDDEN)}-{chr(_HIDDEN + 0x7F)}]", lambda found: chr(ord(found[0]) - _HIDDEN), text)
    return " ".join(text.split())


def _step(
    fields: Mapping[str, Any], path: Path, type_name: str, part: str, before: Sequence[str], objective: str
) -> Step:
    fields = itemtypes.sampled(type_name, dict(fields))
    labels_name = next((name for name in ("columns", "responses") if name in fields), "")
    labelled = fields.get("vignettes") is not None
    return Step(
        path=path,
        id=part,
        type=type_name,
        objective=objective,
        before=tuple(before),
        stem=str(fields.get("stem") or ""),
        lead_in=str(fields.get("lead_in") or ""),
        text=str(fields.get("theme") or fields.get("text") or _script(fields)),
        choices=tuple(_choices(fields, path, labelled)),
        labels=_options(fields, path, "options" if labelled else labels_name, judged=False),
        rows=tuple(_rows(fields, path, "options" if labelled else labels_name)),
        typed=tuple(_typed(fields, path)),
        order=_options(fields, path, "elements", judged=False),
        told=tuple(((*path, name), str(fields[name])) for name in ("take_home", "explanation") if fields.get(name)),
        fields=fields,
    )


def _script(fields: Mapping[str, Any]) -> str:
    """What a script concordance question says before its scale."""
    return " ".join(str(fields[name]) for name in ("hypothesis", "information") if fields.get(name))


def _options(fields: Mapping[str, Any], path: Path, name: str, *, judged: bool = True) -> tuple[Option, ...]:
    return tuple(
        Option(
            (*path, name, place),
            str(entry.get("id", "")),
            str(entry.get("text", "")),
            bool(entry.get("key")) if judged else None,
            str(entry.get("why") or ""),
            entry.get("trap"),
            bool(entry.get("harmful")),
        )
        for place, entry in enumerate(fields.get(name, ()) if name else ())
    )


def _choices(fields: Mapping[str, Any], path: Path, labelled: bool) -> Iterator[Choices]:
    for name in ("options", "regions"):
        if fields.get(name) and not (labelled and name == "options"):
            yield Choices((*path, name), _options(fields, path, name))
    for place, blank in enumerate(fields.get("blanks", ())):
        if blank.get("options"):
            here = (*path, "blanks", place)
            yield Choices((*here, "options"), _options(blank, here, "options"))
    if "answer" in fields:
        right = str(fields["answer"]).lower() == "true"
        verdicts = (("True", right, "why_true"), ("False", not right, "why_false"))
        yield Choices(
            (*path, "answer"),
            tuple(
                Option(
                    (*path, why), name.lower(), name, judged, str(fields.get(why) or ""),
                    None if judged else fields.get("trap"),
                )
                for name, judged, why in verdicts
            ),
        )  # fmt: skip


def _rows(fields: Mapping[str, Any], path: Path, labels: str) -> Iterator[Row]:
    texts = {str(label.get("id")): str(label.get("text", "")) for label in fields.get(labels, ())} if labels else {}
    if not texts:  # the default columns of a matrix are not written
        texts = {"true": "True", "false": "False"}
    for name in ("rows", "premises", "vignettes"):
        for place, row in enumerate(fields.get(name) or ()):
            traps = [row["trap"]] if row.get("trap") else list(dict.fromkeys((row.get("traps") or {}).values()))
            yield Row(
                (*path, name, place), str(row.get("id", "")), str(row.get("text", "")),
                texts.get(str(row.get("key")), str(row.get("key"))), str(row.get("why") or ""), tuple(traps),
            )  # fmt: skip


def _typed(fields: Mapping[str, Any], path: Path) -> Iterator[Typed]:
    if fields.get("accept"):
        yield _typed_answer(fields, path)
    for place, blank in enumerate(fields.get("blanks", ())):
        if blank.get("accept"):
            yield _typed_answer(blank, (*path, "blanks", place))
    if "value" in fields:
        unit = f" {fields['unit']}" if fields.get("unit") else ""
        wrong = tuple(
            Option(
                (*path, "wrong", place), str(entry.get("id", "")), f"{entry['value']}{unit}", False,
                str(entry.get("why") or ""), entry.get("trap"),
            )
            for place, entry in enumerate(fields.get("wrong", ()))
        )  # fmt: skip
        within = f" (± {fields['tolerance']})" if float(fields.get("tolerance") or 0) else ""
        yield Typed(path, "", (f"{fields['value']}{unit}{within}",), str(fields.get("why") or ""), wrong)


def _typed_answer(fields: Mapping[str, Any], path: Path) -> Typed:
    refuse = tuple(
        Option(
            (*path, "refuse", place), str(group.get("id", "")), " / ".join(group["texts"]), False,
            str(group.get("why") or ""), group.get("trap"),
        )
        for place, group in enumerate(fields.get("refuse", ()))
    )  # fmt: skip
    return Typed(path, str(fields.get("id") or ""), tuple(fields["accept"]), str(fields.get("why") or ""), refuse)
