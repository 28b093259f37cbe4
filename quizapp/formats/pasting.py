"""A question pasted from a word processor: plain text to stem, question, options, key and reasons.

Marks that people use for options (A. · b) · 1. · bullets), for the key (a star, a tick, bold, “Answer: C”) and for
reasons are understood. Nothing is dropped: what is not understood is given back line by line, and what was taken away
(invisible characters, a number before the question) is said.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

_NEAR = 12
"""Lines within which the second option must stand."""
LONGEST = 100_000
"""Characters of one paste."""
MOST_OPTIONS = 400

_SOFT_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_SPACES = re.compile("[\t \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ud800-\udfff\ue000-\uf8ff\ufeff"
    "\ufffe\uffff\U000f0000-\U0010ffff]"
)
_BULLETS = "•·▪◦●○‣⁃–—"
_TICKS = "✓✔√☑⊠"
_OPTION = re.compile(
    rf"""
    (?P<before> [*{_TICKS}] | \[[xX]\] | \([xX]\) )? \s*
    (?: \(? (?P<letter> [A-Za-z] | [1-9][0-9]{{0,2}} ) [.):] \s* (?P<star>\*)? (?= \s | \* | $ )
      | (?P<bullet> [{_BULLETS}*☐-] ) (?= \s ) )
    \s* (?P<text> .* ) \Z
    """,
    re.VERBOSE,
)
_MARKED_AFTER = re.compile(
    rf"\s*(?:[*{_TICKS}]+|[\[(](?:correct|right|key|true|x)[\])]|<-+\s*(?:correct|key))\s*\Z", re.IGNORECASE
)
_ANSWER = re.compile(
    r"""
    \W{0,3} (?:the\ )? (?:correct\ |right\ |best\ )? (?: answers? | keys? | solutions? | ans ) (?:\ key)?
    (?:\ (?:is|are))? \s* [:=–-] \s* (?P<said> .* ) \Z
    """,
    re.IGNORECASE | re.VERBOSE,
)
_REASON = re.compile(
    r"""
    \W{0,3} (?:general\ )?
    (?: feedback | rationale | explanations? | reasons? | comments? | because | why | discussion )
    (?:\ (?:for|to|on|of))? (?:\ (?:option|answer))? (?:\ (?P<letter> [A-Za-z] | [0-9]{1,3} ))?
    \s* [:–-] \s* (?P<said> .* ) \Z
    """,
    re.IGNORECASE | re.VERBOSE,
)
_TAKE_HOME = re.compile(
    r"\W{0,3}(?:take[- ]home(?: message| point)?|key point|learning point)s?\s*[:–-]\s*(?P<said>.*)\Z", re.IGNORECASE
)
_DIFFICULTY = re.compile(
    r"\W{0,3}difficulty(?: level)?\s*[:=–-]\s*(?P<said>easy|medium|hard|difficult)\W*\Z", re.IGNORECASE
)
_LABEL = re.compile(r"[A-Z][A-Za-z /-]{1,24}:\s")
"""“Topic: sleep”: something said about the question, which goes on with no option."""
_NUMBER = re.compile(r"(?:question|item|q)?\s*#?\s*\d{1,4}\s*[.):]\s+", re.IGNORECASE)
_LETTERS = re.compile(r"(?:options?|answers?)?\s*\(?([A-Za-z]|[0-9]{1,3})\)?(?=\W|\Z)", re.IGNORECASE)
_BETWEEN = re.compile(r"(?:\s*(?:,|;|/|&|\+|\band\b|\bor\b)\s*)+", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?<=[.!?…])[”\")]*\s+(?=[A-Z0-9“\"(ΆΈ-ώÀ-ÞА-Я\u0590-\u07ff])")


class Unreadable(Exception):
    """Nothing was read of it. The sentence says why."""


@dataclass(frozen=True)
class Pasted:
    """What was understood. `content` holds fields as a content file does; `left` are lines that were not understood;
    `notes` say what was decided or taken away."""

    type: str
    content: Json
    left: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass
class _Option:
    mark: str
    text: str
    key: bool
    why: list[str] = field(default_factory=list)


@dataclass
class _Reading:
    """What has been read so far, and where a line that carries no mark belongs."""

    asked: list[str] = field(default_factory=list)
    options: list[_Option] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    explanation: list[str] = field(default_factory=list)
    take_home: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    difficulty: str = ""
    into: list[str] | None = None
    after_blank: bool = False
    reasons: bool = False
    notes: list[str] = field(default_factory=list)


def read(text: str) -> Pasted:
    """One question. Takes time in proportion to its length. Raises Unreadable for nothing, or for far too much."""
    if len(text) > LONGEST:
        raise Unreadable(
            f"This has {len(text):,} characters; at most {LONGEST:,} can be read at once. Paste one question."
        )
    lines, notes = _lines(text)
    if not any(lines):
        raise Unreadable("There is nothing to read. Paste a question with its options.")
    reading = _Reading(notes=notes)
    first = _first_option(lines)
    for place, line in enumerate(lines):
        _take(reading, line, place, first)
    return _made(reading)


def _lines(text: str) -> tuple[list[str], list[str]]:
    """Lines with plain spaces, without characters that nobody sees, and what is to be said of that."""
    text = _SOFT_BREAKS.sub("\n", text)
    unseen = len(_UNSEEN.findall(text))
    text = _UNSEEN.sub("", text)
    notes = [f"{unseen} invisible character{'s were' if unseen > 1 else ' was'} taken away."] if unseen else []
    lines = [_SPACES.sub(" ", line).strip() for line in text.split("\n")]
    return lines, notes


def _first_option(lines: list[str]) -> int:
    """The line at which the options begin: the first of at least two marks that follow each other."""
    for place, line in enumerate(lines):
        found = _OPTION.match(_unbold(line)[0])
        if found is None or not _begins(found):
            continue
        for other in (_OPTION.match(_unbold(later)[0]) for later in lines[place + 1 : place + _NEAR] if later):
            if other and _follows(found, other):
                return place
            if other and other["letter"] == found["letter"]:
                break  # the options begin further down; this was an initial, or a list within the stem
    return len(lines)


def _begins(found: re.Match[str]) -> bool:
    return found["bullet"] is not None or found["letter"] in ("A", "a", "1")


def _follows(first: re.Match[str], second: re.Match[str]) -> bool:
    if first["bullet"]:
        return second["bullet"] is not None
    return second["letter"] in ({"A": "B", "a": "b", "1": "2"}.get(first["letter"], ""),)


def _unbold(line: str) -> tuple[str, bool]:
    """A line without the marks of bold around it, and whether there were any."""
    found = re.fullmatch(r"\*\*(.+?)\*\*(.?)", line)
    if found:
        return found[1].strip() + found[2], True
    found = re.fullmatch(r"(\(?[A-Za-z0-9]{1,3}[.):]\s*)\*\*(.+?)\*\*(.?)", line)
    return (found[1] + found[2].strip() + found[3], True) if found else (line, False)


def _take(reading: _Reading, line: str, place: int, first: int) -> None:
    """Put one line where it belongs."""
    if not line:
        reading.after_blank = True
        if place < first:
            reading.asked.append("")
        return
    if place < first:
        if not _head(reading, line):
            reading.asked.append(line)
        return
    bare, bold = _unbold(line)
    found = _OPTION.match(bare)
    if found and not reading.left and not _is_over(reading) and _is_next(reading, found):
        _add_option(reading, found, bold)
    elif not _head(reading, bare) and not _reason_of(reading, found):
        if reading.left or (found and reading.into is None):
            reading.left.append(line)
        elif reading.into is not None and not reading.after_blank:
            reading.into.append(line)
        elif reading.options and not reading.after_blank and not _is_over(reading) and not _LABEL.match(line):
            reading.options[-1].text += f" {line}"
        elif reading.into is reading.explanation:
            reading.explanation += ["", line]
        else:
            reading.left.append(line)
    reading.after_blank = False


def _is_over(reading: _Reading) -> bool:
    """Whether the options have ended: an answer or a reason for all has followed them."""
    return bool(reading.options) and bool(reading.answers or reading.reasons)


def _is_next(reading: _Reading, found: re.Match[str]) -> bool:
    """Whether a mark goes on with the options, rather than begin another list or another question."""
    if not reading.options:
        return True
    last = reading.options[-1].mark
    if found["bullet"] or not last:
        return bool(found["bullet"]) and not last
    mark = str(found["letter"])
    if last.isdigit():
        return mark.isdigit() and int(mark) == int(last) + 1
    return len(mark) == 1 and mark.isalpha() and ord(mark.lower()) == ord(last.lower()) + 1


def _add_option(reading: _Reading, found: re.Match[str], bold: bool) -> None:
    text, starred = str(found["text"]), bool(found["before"] or found["star"]) or bold
    if re.match(r"\*(?![*\s])", text) and not re.search(r"(?<!\*)\*(?!\*)\s*\S", text[1:]):
        text, starred = text[1:], True
    if after := _MARKED_AFTER.search(text):
        text, starred = text[: after.start()], True
    if len(reading.options) >= MOST_OPTIONS:
        reading.left.append(found.group().strip())
        return
    reading.options.append(_Option(found["letter"] or "", text.strip(), starred))
    reading.into = None


def _head(reading: _Reading, line: str) -> bool:
    """A line that says what it is: an answer, a reason, a sentence to keep."""
    if found := _ANSWER.match(line):
        reading.answers.append(found["said"])
        reading.into = None
    elif found := _TAKE_HOME.match(line):
        reading.into = reading.take_home
        reading.into.append(found["said"])
    elif found := _DIFFICULTY.match(line):
        reading.difficulty = {"difficult": "hard"}.get(found["said"].lower(), found["said"].lower())
    elif reading.options and (found := _REASON.match(line)):
        option = _called(reading, found["letter"] or "")
        if option is None and not reading.answers and not found["letter"] and not reading.after_blank:
            option = reading.options[-1]  # straight below an option, before any answer: it is that option’s
        reading.into = option.why if option else reading.explanation
        reading.into.append(found["said"] if option or not found["letter"] else line)
        reading.reasons = reading.reasons or option is None
    else:
        return False
    return True


def _reason_of(reading: _Reading, found: re.Match[str] | None) -> bool:
    """“B: so.” below the answer is the reason of option B."""
    if found is None or not found["letter"] or not (reading.answers or reading.reasons):
        return False
    option = _called(reading, found["letter"])
    if option is None:
        return False
    reading.into = option.why
    reading.into.append(found["text"])
    return True


def _called(reading: _Reading, mark: str) -> _Option | None:
    mark = mark.lower()
    named = next((option for option in reading.options if mark and option.mark.lower() == mark), None)
    if named is None and len(mark) == 1 and mark.isalpha() and not any(option.mark for option in reading.options):
        place = string.ascii_lowercase.index(mark) if mark in string.ascii_lowercase else len(reading.options)
        return reading.options[place] if place < len(reading.options) else None  # bullets are counted as letters
    return named


def _made(reading: _Reading) -> Pasted:
    left, notes = list(reading.left), reading.notes
    for said in reading.answers:
        left += _mark_keys(reading, said)
    stem, lead_in = _question("\n".join(reading.asked).strip(), notes)
    content: Json = {"stem": stem, "lead_in": lead_in}
    texts = [option.text.rstrip(".").lower() for option in reading.options]
    keys = sum(option.key for option in reading.options)
    if texts == ["true", "false"] or texts == ["false", "true"]:
        type_name = "true_false"
        content |= _verdicts(reading)
    elif not reading.options and any(reading.answers):
        type_name = "short_text"
        content["accept"] = [said for said in reading.answers if said]
        notes.append("No options were found, so the answer is one that is typed.")
    else:
        type_name = "multiple_response" if keys > 1 else "single_best_answer"
        content["options"] = [
            {"id": _id(place), "text": one.text, "key": one.key, "why": _joined(one.why)}
            for place, one in enumerate(reading.options)
        ]
        notes += _about_options(reading, keys)
    content["explanation"], content["take_home"] = _joined(reading.explanation), " ".join(reading.take_home).strip()
    content["difficulty"] = reading.difficulty
    filled = {name: value for name, value in content.items() if value not in ("", [])}
    return Pasted(type_name, filled, tuple(line for line in left if line), tuple(notes))


def _mark_keys(reading: _Reading, said: str) -> Iterator[str]:
    """Mark the options that an answer names, by letter or by its words; what of it names none is left."""
    said = said.strip()
    if not said or not reading.options:
        return
    if named := next((one for one in reading.options if _same(one.text, said)), None):
        named.key = True
        return
    rest = said
    found = False
    while match := _LETTERS.match(rest):
        option = _called(reading, match[1])
        if option is None:
            break
        option.key = found = True
        rest = rest[match.end() :]
        between = _BETWEEN.match(rest)
        if between is None or not _LETTERS.match(rest[between.end() :]):
            break
        rest = rest[between.end() :]
    rest = rest.strip(" .):–-")
    if not found:
        yield f"Answer: {said}"
    elif rest and not any(_same(option.text, rest) for option in reading.options):
        reading.explanation.insert(0, rest)


def _same(one: str, other: str) -> bool:
    return re.sub(r"\W+", " ", one).strip().casefold() == re.sub(r"\W+", " ", other).strip().casefold()


def _question(asked: str, notes: list[str]) -> tuple[str, str]:
    """The stem and the question, which is the last sentence before the options if it asks anything."""
    if found := _NUMBER.match(asked):
        notes.append(f"The number “{found.group().strip()}” before the question was taken away.")
        asked = asked[found.end() :]
    asked = re.sub(r"\n{3,}", "\n\n", asked).strip()
    before, _, last = asked.rpartition("\n\n")
    last = " ".join(last.split("\n"))
    sentences = _SENTENCE_END.split(last)
    if sentences[-1].rstrip('”")').endswith(("?", ":", "…", "؟", "？")):
        stem = "\n\n".join(part for part in (_paragraphs(before), " ".join(sentences[:-1]).strip()) if part)
        return stem, sentences[-1].strip()
    if asked:
        notes.append("No sentence before the options asks anything; write the question.")
    return "\n\n".join(part for part in (_paragraphs(before), last) if part), ""


def _paragraphs(text: str) -> str:
    return "\n\n".join(" ".join(part.split("\n")) for part in text.split("\n\n") if part.strip())


def _verdicts(reading: _Reading) -> Json:
    why = {option.text.rstrip(".").lower(): option for option in reading.options}
    answer = next((name for name, option in why.items() if option.key), "")
    reading.notes.append("The options are True and False, so this is a statement to be judged.")
    if not answer:
        reading.notes.append("Neither True nor False is marked as right; choose it.")
    return {"answer": answer, "why_true": _joined(why["true"].why), "why_false": _joined(why["false"].why)}


def _about_options(reading: _Reading, keys: int) -> Iterator[str]:
    if not reading.options:
        yield "No options were found; begin each with A., 1. or a bullet."
    elif not keys:
        yield "No option is marked as the key; tick it."
    elif keys > 1:
        yield f"{keys} options are marked as keys, so this is a question with several answers."


def _joined(lines: list[str]) -> str:
    """Lines that were broken by hand are one text; an empty one parts paragraphs."""
    return "\n\n".join(" ".join(part.split("\n")) for part in "\n".join(lines).strip().split("\n\n")).strip()


def _id(place: int) -> str:
    letters = string.ascii_lowercase
    return letters[place] if place < 26 else letters[place // 26 - 1] + letters[place % 26]
