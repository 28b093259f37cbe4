"""The guarded YAML of content files: bytes to documents with the line of everything in them, and back.

Only what a content file needs is let in: mappings, lists and texts. Every scalar is read as text (`NO` is nitric oxide,
`1:30` a dilution); types come later, from a schema. The parser's events are read one by one, so that a file made to
exhaust memory or stack is refused at its first excess and never becomes a tree.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any, cast

import yaml

from quizapp.formats import Problem

Path = tuple[str | int, ...]
Value = Any
"""A text, a list of values, or a dict from text to value."""

MAX_BYTES = 1_000_000
MAX_DEPTH = 12
MAX_NODES = 50_000
MAX_PROBLEMS = 50
LINE_WIDTH = 120

# Controls, line separators that editors do not show, direction overrides that hide text, private and non-characters.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ue000-\uf8ff\ufeff\ufffe\uffff"
    "\U000f0000-\U0010ffff]"
)
_PERHAPS_COMMENT = re.compile(r"(^|\s)#", re.MULTILINE)
_BLOCK_HEADER_COMMENT = re.compile(r"[|>][-+0-9]*[ ]+#")

_IN_OTHER_WORDS = {
    "mapping values are not allowed": "There is a “: ” inside a text (quote it), or the indentation is off.",
    "could not find expected ':'": "This line has no key; a text that goes on over several lines must be indented.",
    "found character that cannot start any token": "A text may not begin with “@”, “`” or “%”; quote it.",
    "did not find expected key": "The indentation does not fit the lines above, or a quotation mark closes too early.",
    "did not find expected '-' indicator": "A list ends here, but the indentation says that it goes on.",
    "block sequence entries are not allowed": "A list cannot begin here; put it on the next line.",
    "found unexpected end of stream": "A quotation mark is opened and never closed.",
    "found unexpected document indicator": "A quotation mark is opened and never closed.",
    "did not find expected ',' or ']'": "A list in square brackets is not closed, or a comma is missing.",
    "did not find expected ',' or '}'": "A mapping in braces is not closed, or a comma is missing.",
    "did not find expected <document start>": "Two entries need a line with “---” between them.",
    "found unknown escape character": "“\\” has a meaning between double quotation marks; use single ones.",
    "did not find expected alphabetic": "Anchors and aliases (“&”, “*”) are refused; put the text in quotation marks.",
}


@dataclass(frozen=True)
class Document:
    """One entry of a file."""

    file: str
    line: int
    value: Value
    lines: dict[Path, int] = field(repr=False)
    """The line of each key and list entry."""
    texts: dict[Path, int] = field(repr=False)
    """The line on which each text begins (the line after `|-`)."""

    def line_of(self, path: Path) -> int:
        """The line of the nearest place that exists on the way to `path`."""
        for end in range(len(path), 0, -1):
            if path[:end] in self.lines:
                return self.lines[path[:end]]
        return self.line


def decode(data: bytes, file: str) -> tuple[str, list[Problem]]:
    """The text of a content file with LF line ends, or the reasons why it cannot be taken (then the text is empty)."""
    if len(data) > MAX_BYTES:
        return "", [Problem(file, 1, "too-large", f"The file has {len(data):,} bytes; at most {MAX_BYTES:,} are read.")]
    if data.startswith(b"\xef\xbb\xbf"):
        return "", [Problem(file, 1, "byte-order-mark", "Save the file as UTF-8 without a byte-order mark.")]
    try:
        text = data.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        return "", [Problem(file, line, "encoding", "The file is not UTF-8; save it again as UTF-8.")]
    if "\t" in text:
        return "", [Problem(file, _line_at(text, text.index("\t")), "tab", "There is a tab; use spaces.")]
    if hidden := _UNSEEN.search(text):
        return "", [Problem(file, _line_at(text, hidden.start()), "invisible-character", _unseen(hidden.group()))]
    return text, []


def read(text: str, file: str, *, first_line: int = 1) -> tuple[list[Document], list[Problem]]:
    """All documents of a decoded text. Stops at the first fault of syntax; what stood before it is given back.

    `first_line` is the line of the file on which `text` begins.
    """
    documents: list[Document] = []
    problems: list[Problem] = []
    builder = _Builder(file, first_line - 1)
    try:
        for event in yaml.parse(text, Loader=yaml.CBaseLoader):
            finished = builder.take(event)
            if finished is not None:
                documents.append(finished)
    except _Refused as refusal:
        problems.append(Problem(file, refusal.line, refusal.rule, refusal.message))
    except yaml.MarkedYAMLError as error:
        open_quote = (error.context or "").startswith("while scanning a quoted scalar")
        mark = error.context_mark if open_quote else error.problem_mark or error.context_mark
        line = first_line + (mark.line if mark else 0)
        problems.append(Problem(file, min(line, first_line + text.count("\n")), "yaml", _in_words(error.problem or "")))
    else:
        problems = _comments(text, file, first_line)
    problems += builder.problems
    return documents, problems[:MAX_PROBLEMS]


def write(values: list[Value]) -> str:
    """The canonical text of documents. Keys keep their order; None, "", [] and {} are left out."""
    return "---\n".join(_mapping(value, 0) for value in values)


class _Refused(Exception):
    def __init__(self, line: int, rule: str, message: str) -> None:
        self.line, self.rule, self.message = line, rule, message


class _Level:
    """An open list or mapping."""

    def __init__(self, value: Value, path: Path) -> None:
        self.value = value
        self.path = path
        self.key: str | None = None
        self.repeated = False


class _Builder:
    """Turns parser events into documents, without recursion."""

    def __init__(self, file: str, line_offset: int) -> None:
        self.file = file
        self.offset = line_offset
        self.problems: list[Problem] = []
        self.nodes = 0
        self.levels: list[_Level] = []
        self._start(0)

    def _start(self, line: int) -> None:
        self.document = Document(self.file, line, None, {}, {})
        self.root: Value = None

    def take(self, event: yaml.Event) -> Document | None:
        line = cast(yaml.Mark, event.start_mark).line + 1 + self.offset
        if isinstance(event, yaml.DocumentStartEvent):
            if event.version or event.tags:
                raise _Refused(line, "directive", "Directives (“%…”) are refused.")
            self._start(line)
        elif isinstance(event, yaml.AliasEvent):
            raise _Refused(line, "alias", f"Aliases (“*{event.anchor}”) are refused; write the text out.")
        elif isinstance(event, yaml.NodeEvent):
            self._node(event, line)
        elif isinstance(event, yaml.CollectionEndEvent):
            self.levels.pop()
        elif isinstance(event, yaml.DocumentEndEvent):
            return replace(self.document, value=self.root)
        return None

    def _node(self, event: Any, line: int) -> None:
        self.nodes += 1
        if event.anchor:
            raise _Refused(line, "anchor", f"Anchors (“&{event.anchor}”) are refused.")
        if event.tag:
            name = event.tag.replace("tag:yaml.org,2002:", "!!")
            raise _Refused(line, "tag", f"Tags (“{name}”) are refused.")
        if self.nodes > MAX_NODES:
            raise _Refused(line, "too-large", f"The file holds more than {MAX_NODES:,} texts and lists; split it.")
        if len(self.levels) >= MAX_DEPTH:
            raise _Refused(line, "too-deep", f"Lists and mappings lie more than {MAX_DEPTH} deep in each other.")
        if self.levels and isinstance(self.levels[-1].value, dict) and self.levels[-1].key is None:
            self._key(event, line)
            return
        if not self.levels:
            self.document = replace(self.document, line=line)  # that of the first key, not of the “---” above it
        path = self._place(line)
        if isinstance(event, yaml.ScalarEvent):
            self._put(self._text(event, line))
            block = event.style in ("|", ">")
            self.document.texts[path] = line + block
        else:
            value: Value = {} if isinstance(event, yaml.MappingStartEvent) else []
            self._put(value)
            self.levels.append(_Level(value, path))

    def _key(self, event: Any, line: int) -> None:
        level = self.levels[-1]
        if not isinstance(event, yaml.ScalarEvent):
            raise _Refused(line, "yaml", "A key must be a word, not a list or a mapping.")
        level.key = self._text(event, line)
        level.repeated = level.key in level.value
        path = (*level.path, level.key)
        if level.repeated:
            first = self.document.lines[path]
            message = f"The key “{shorten(level.key)}” stands twice; it stood first on line {first}."
            self.problems.append(Problem(self.file, line, "repeated-key", message))
            if len(self.problems) >= MAX_PROBLEMS:
                raise _Refused(line, "repeated-key", "So many keys stand twice that the rest was not read.")
        else:
            self.document.lines[path] = line

    def _place(self, line: int) -> Path:
        if not self.levels:
            return ()
        level = self.levels[-1]
        if isinstance(level.value, list):
            path = (*level.path, len(level.value))
            self.document.lines[path] = line
            return path
        return (*level.path, cast(str, level.key))

    def _put(self, value: Value) -> None:
        if not self.levels:
            self.root = value
            return
        level = self.levels[-1]
        if isinstance(level.value, list):
            level.value.append(value)
            return
        if not level.repeated:  # the first one stands; the second was reported
            level.value[level.key] = value
        level.key = None

    def _text(self, event: Any, line: int) -> str:
        # Escapes between double quotation marks can still make what `decode` refused.
        if hidden := _UNSEEN.search(event.value) or re.search("\t", event.value):
            raise _Refused(line, "invisible-character", _unseen(hidden.group()))
        return "\n".join(part.rstrip() for part in event.value.strip().split("\n"))


def _comments(text: str, file: str, first_line: int) -> list[Problem]:
    """Comments are lost on the first save in the browser, therefore they are refused while somebody still sees them."""
    if not _PERHAPS_COMMENT.search(text):
        return []
    end = 0
    found: list[int] = []
    for token in yaml.scan(text, Loader=yaml.CBaseLoader):
        gap = text[end : token.start_mark.index]
        found += [_line_at(text, end + at.start(2)) for at in re.finditer(r"(^|\s)(#)", gap, re.MULTILINE)]
        if isinstance(token, yaml.ScalarToken) and token.style in ("|", ">"):
            header = text[token.start_mark.index : token.end_mark.index].partition("\n")[0]
            if _BLOCK_HEADER_COMMENT.match(header):
                found.append(token.start_mark.line + 1)
        end = max(end, token.end_mark.index)
    message = "Comments are refused, because an edit in the browser would lose them; use “note:”."
    return [Problem(file, line + first_line - 1, "comment", message) for line in sorted(set(found))]


def _line_at(text: str, index: int) -> int:
    return text.count("\n", 0, index) + 1


def _unseen(character: str) -> str:
    return f"There is an invisible character (U+{ord(character):04X}); delete it."


def _in_words(problem: str) -> str:
    for theirs, ours in _IN_OTHER_WORDS.items():
        if problem.startswith(theirs):
            return ours
    return f"This is not valid YAML ({problem})."


def find_unseen(text: str) -> str | None:
    """A sentence about the first character of a text that no reader would see; None where there is none."""
    hidden = _UNSEEN.search(text)
    return _unseen(hidden.group()) if hidden else None


def shorten(text: str) -> str:
    """A text as it may be quoted in a sentence."""
    text = " ".join(text.split())
    return text if len(text) <= 60 else text[:59] + "…"


# --- writing ----------------------------------------------------------------------------------------------------------

_PLAIN = re.compile(r"(?:[^\s\-?:,\[\]{}#&*!|>'\"%@`=.<]|[-.=<][^\s\-.<=])")
_PLAIN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9.#-]*\Z")


def _mapping(value: dict[str, Value], indent: int) -> str:
    filled = ((key, part) for key, part in value.items() if not _empty(part))
    return "".join(" " * indent + _scalar(key, 0) + ":" + _after_key(part, indent) for key, part in filled)


def _after_key(value: Value, indent: int) -> str:
    if isinstance(value, dict):
        return "\n" + _mapping(value, indent + 2)
    if isinstance(value, list):
        line = _one_line(value, indent)
        return f" {line}\n" if line else "\n" + _sequence(value, indent)
    return f" {_scalar(value, indent + 2)}\n"


def _sequence(value: list[Value], indent: int) -> str:
    lines = []
    for entry in value:
        if isinstance(entry, dict):
            lines.append(" " * indent + "- " + _mapping(entry, indent + 2)[indent + 2 :])
        else:
            lines.append(" " * indent + "- " + _scalar(entry, indent + 2) + "\n")
    return "".join(lines)


def _one_line(value: list[Value], indent: int) -> str | None:
    """The list between square brackets, if it holds ids only, or plain texts that fit into a line with their key."""
    if any(isinstance(entry, (dict, list)) for entry in value):
        return None
    texts = [_scalar(entry, 0) for entry in value]
    line = "[" + ", ".join(texts) + "]"
    if all(_PLAIN_ID.match(text) for text in texts):
        return line
    plain = all(text[0] not in "\"'|" and not re.search(r"[,\[\]{}:?]", text) for text in texts)
    return line if plain and indent + len(line) <= LINE_WIDTH - 16 else None


def _scalar(value: Value, indent: int) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    if "\n" in text:
        lines = [" " * indent + line if line else "" for line in text.split("\n")]
        return "|-\n" + "\n".join(lines)
    if _PLAIN.match(text) and ": " not in text and " #" not in text and not text.endswith(":"):
        return text
    if '"' not in text and "\\" not in text:
        return f'"{text}"'
    return "'" + text.replace("'", "''") + "'"


def _empty(value: Value) -> bool:
    return value is None or value == "" or value == [] or value == {}
