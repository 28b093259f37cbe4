"""All content files together: gathered, read into entries, and written back.

Whether the entries fit together is decided in `crosscheck`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from quizapp.formats import Problem, documents, entries, lessons, pictures
from quizapp.formats.documents import Document
from quizapp.formats.links import Link, links
from quizapp.formats.native import Figure, Lesson, Named, State
from quizapp.itemtypes.fields import EntryId

EVIDENCE = {
    "topics": "topic",
    "objectives": "objective",
    "facts": "fact",
    "references": "reference",
    "traps": "trap",
}
"""What a file of the evidence base holds, by its name; one may stand in the folder itself and one in each topic's."""
_EVIDENCE = re.compile(rf"lessons/evidence/(?:[^/]+/)?({'|'.join(EVIDENCE)})\.yaml\Z")
_LESSON = re.compile(r"lessons/([^/]+)/lesson\.md\Z")
_MEDIA = re.compile(r"lessons/([^/]+)/(media/[^/]+)\Z")
_BANK = re.compile(r"question_banks/([^/]+)/bank\.yaml\Z")
_ITEMS = re.compile(r"question_banks/([^/]+)/[^/]+\.yaml\Z")
MOST_FILES = 5_000


class DrawnFigure(Figure):
    """A figure of a lesson together with what was drawn: the digests stand for the files."""

    lesson: EntryId
    state: State = "draft"
    """That of the lesson."""
    wide: str
    narrow: str | None = None


@dataclass(frozen=True)
class Entry:
    """One entry and where it stands."""

    kind: str
    id: str
    file: str
    line: int
    fields: Named
    document: Document = field(repr=False)
    group: str = ""
    """The bank of an item, the lesson of a figure."""
    body_line: int = 0
    """For a lesson: the line on which its text begins."""
    drawings: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    """For a figure: the bytes of its files, by SHA-256."""

    @cached_property
    def content(self) -> dict[str, Any]:
        """The fields as plain JSON. Not to be changed."""
        return entries.content_of(self.fields)

    @cached_property
    def links(self) -> tuple[Link, ...]:
        """What the entry names, in the order of its text."""
        return tuple(links(self.fields))

    @cached_property
    def anchors(self) -> tuple[str, ...]:
        """For a lesson: the sections at which others may point."""
        sections = lessons.parse(self.fields.body)[0] if isinstance(self.fields, Lesson) else []
        return tuple(section.anchor for section in sections if section.anchor)

    @property
    def digest(self) -> str:
        return entries.digest(self.fields)

    @property
    def published(self) -> bool:
        """Whether the file wants readers to have it; evidence and banks have no state and always are."""
        return getattr(self.fields, "state", "published") == "published"


@dataclass
class Tree:
    """What the files hold. `entries` has every entry that could be typed, in the order of the files."""

    entries: dict[tuple[str, str], Entry] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    unread: set[tuple[str, str]] = field(default_factory=set)
    """Entries that stand in a file but could not be typed; a link to one is not reported as well."""
    blind: bool = False
    """Whether a file could not be read to its end, so that a missing entry may stand in it."""
    media: set[str] = field(default_factory=set)
    used_media: set[str] = field(default_factory=set)
    layout: dict[str, str] = field(default_factory=dict)
    """The canonical text of each file that could be read as a whole."""

    def of(self, kind: str) -> list[Entry]:
        return [entry for entry in self.entries.values() if entry.kind == kind]


def gather(lessons_folder: Path, banks_folder: Path) -> tuple[dict[str, bytes], list[Problem]]:
    """The bytes of all content files by their path from the folder above. Links, hidden and foreign files stay outside.

    At most one byte more than a reader takes is read of any file.
    """
    files: dict[str, bytes] = {}
    problems: list[Problem] = []
    for name, folder in (("lessons", lessons_folder), ("question_banks", banks_folder)):
        for path in sorted(folder.rglob("*")):
            inside = f"{name}/{path.relative_to(folder).as_posix()}"
            if any(part.startswith(".") or part.endswith("~") for part in path.relative_to(folder).parts):
                continue
            if path.is_symlink():
                problems.append(Problem(inside, 1, "link", "Symbolic links are refused; put the file itself here."))
            elif path.is_file() and path.name != "README.md":
                if len(files) >= MOST_FILES:
                    return files, [*problems, Problem(inside, 1, "too-large", f"More than {MOST_FILES:,} files.")]
                with path.open("rb") as opened:
                    files[inside] = opened.read(documents.MAX_BYTES + 1)
    return files, problems


def read(lessons_folder: Path, banks_folder: Path) -> Tree:
    """Every entry of the content folders, with the problems of each file by itself."""
    files, problems = gather(lessons_folder, banks_folder)
    tree = parse(files)
    tree.problems += problems
    return tree


def parse(files: Mapping[str, bytes]) -> Tree:
    """Every entry of a set of files by path."""
    tree = Tree(media={path for path in files if _MEDIA.match(path)})
    for path in sorted(files, key=_reading_order):
        if found := _EVIDENCE.match(path):
            _read_stream(tree, path, files[path], EVIDENCE[found[1]], "")
        elif found := _BANK.match(path):
            _read_stream(tree, path, files[path], "bank", found[1])
        elif found := _ITEMS.match(path):
            _read_stream(tree, path, files[path], "item", found[1])
        elif found := _LESSON.match(path):
            _read_lesson(tree, path, found[1], files)
        elif path not in tree.media:
            message = "This file has no place here; see docs/formats.md for the files of a content folder."
            tree.problems.append(Problem(path, 1, "unknown-file", message))
    return tree


def write(wanted: Iterable[tuple[str, Named]]) -> dict[str, str]:
    """The canonical text of files, from their entries in order. A lesson has a file of its own."""
    streams: dict[str, list[Named]] = {}
    texts: dict[str, str] = {}
    for path, fields in wanted:
        if isinstance(fields, Lesson):
            texts[path] = lessons.text_of(fields)
        else:
            streams.setdefault(path, []).append(fields)
    return texts | {path: entries.text_of(stream) for path, stream in streams.items()}


def narrow_of(path: str) -> str:
    """Where the drawing for narrow screens stands, if there is one; "" beside a picture, which has none."""
    return path.removesuffix(".svg") + "-narrow.svg" if path.endswith(".svg") else ""


def formatted(path: str, data: bytes) -> tuple[str | None, list[Problem]]:
    """The canonical text of one content file, with ids given where they were missing; None if it cannot be read."""
    text, problems = documents.decode(data, path)
    if problems:
        return None, problems
    if _LESSON.match(path):
        lesson, _, _, problems = lessons.read(text, path)
        return (lessons.text_of(lesson) if lesson and not problems else None), problems
    evidence = _EVIDENCE.match(path)
    other = "bank" if _BANK.match(path) else "item" if _ITEMS.match(path) else None
    kind = EVIDENCE[evidence[1]] if evidence else other
    if kind is None:
        return None, []
    found, problems = documents.read(text, path)
    typed = []
    for document in found:
        value = entries.with_ids(kind, document.value) if isinstance(document.value, dict) else document.value
        fields, faults = entries.read_entry(kind, replace(document, value=value), judged=False)
        problems += faults
        if fields is not None:
            typed.append(fields)
    return (entries.text_of(typed) if not problems else None), problems


def _reading_order(path: str) -> tuple[int, str]:
    """Banks before their items, so that a folder without `bank.yaml` is noticed at its first item."""
    return (0 if path.endswith("/bank.yaml") else 1, path)


def _read_stream(tree: Tree, path: str, data: bytes, kind: str, group: str) -> None:
    text, problems = documents.decode(data, path)
    found, faults = ([], []) if problems else documents.read(text, path)
    problems += faults
    tree.blind |= bool(problems)
    if not found and not problems:
        problems.append(Problem(path, 1, "empty-file", "The file holds no entry; delete it or write one."))
    typed = []
    for document in found:
        fields, faults = entries.read_entry(kind, document)
        problems += faults
        if fields is None:
            if isinstance(document.value, dict):
                tree.unread.add((kind, str(document.value.get("id"))))
            continue
        typed.append(fields)
        _add(tree, problems, Entry(kind, fields.id, path, document.line, fields, document, group))
    if kind == "bank" and typed and typed[0].id != group:
        problems.append(Problem(path, 1, "folder-name", f"“{typed[0].id}” must stand in a folder of that name."))
    if not problems:
        tree.layout[path] = entries.text_of(typed)
    tree.problems += problems


def _read_lesson(tree: Tree, path: str, slug: str, files: Mapping[str, bytes]) -> None:
    text, problems = documents.decode(files[path], path)
    if problems:
        tree.blind = True
        tree.problems += problems
        return
    lesson, document, body_line, problems = lessons.read(text, path)
    if lesson is None or document is None:
        value = document.value if document else None
        tree.unread.add(("lesson", str(value.get("id")) if isinstance(value, dict) else slug))
        tree.blind |= document is None
        tree.problems += problems
        return
    if lesson.id != slug:
        problems.append(
            Problem(path, document.line, "folder-name", f"“{lesson.id}” must stand in a folder of that name.")
        )
    _add(tree, problems, Entry("lesson", lesson.id, path, document.line, lesson, document, body_line=body_line))
    for place, figure in enumerate(lesson.figures):
        line = document.line_of(("figures", place))
        drawn = _drawn(tree, lesson, figure, path, line, files)
        if drawn is None:
            tree.unread.add(("figure", figure.id))
            continue
        fields, drawings = drawn
        _add(tree, problems, Entry("figure", figure.id, path, line, fields, document, lesson.id, drawings=drawings))
    if not problems:
        tree.layout[path] = lessons.text_of(lesson)
    tree.problems += problems


def _drawn(
    tree: Tree, lesson: Lesson, figure: Figure, path: str, line: int, files: Mapping[str, bytes]
) -> tuple[DrawnFigure, dict[str, bytes]] | None:
    folder = path.removesuffix("lesson.md")
    wide, narrow = folder + figure.src, narrow_of(folder + figure.src)
    if wide not in files:
        tree.problems.append(Problem(path, line, "missing-media", f"The drawing “{figure.src}” is not there."))
        return None
    drawings: dict[str, bytes] = {}
    digests: list[str] = []
    faults: list[Problem] = []
    for file in (wide, narrow):
        if file in files:
            tree.used_media.add(file)
            faults += pictures.judge(files[file], file)
            digests.append(sha256(files[file]).hexdigest())
            drawings[digests[-1]] = files[file]
    tree.problems += faults
    if faults:
        return None
    values = {name: getattr(figure, name) for name in Figure.model_fields}
    narrow_digest = digests[1] if len(digests) > 1 else None
    return DrawnFigure(**values, lesson=lesson.id, state=lesson.state, wide=digests[0], narrow=narrow_digest), drawings


def _add(tree: Tree, problems: list[Problem], entry: Entry) -> None:
    twin = tree.entries.get((entry.kind, entry.id))
    if twin is None:
        tree.entries[entry.kind, entry.id] = entry
        return
    message = f"The {entry.kind} “{entry.id}” stands already in {twin.file}, line {twin.line}."
    problems.append(Problem(entry.file, entry.line, "repeated-id", message))
