"""Irrelevant difficulty: what troubles somebody who does know the subject."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise

from quizapp.formats.anatomy import Option, plain
from quizapp.formats.linting.found import Flaw, Question, shorten, words
from quizapp.formats.linting.lexicon import ABBREVIATION, EMPHASISED, EVERYDAY, RECEPTOR, TRIALS

FEWEST, MOST, MOST_TO_CHOOSE_SEVERAL = 3, 8, 10
WORDS_A_MINUTE = 180
READING_SECONDS = 75
"""What may be spent on reading one step of a question."""
STEP_SECONDS = 15
"""What each further row, pair or blank may add."""

_INSTRUCTION = {"ordering", "cloze", "hotspot", "matching", "matrix", "extended_matching", "key_feature", "true_false"}
"""Types whose lead-in may tell what to do instead of asking."""
_WHICH_IS_TRUE = re.compile(
    r"\b(?:which|what)\b[^?]*?\b(?:statements?|assertions?|sentences?|options?|answers?|following)\b[^?]{0,40}?\b(?:is|are|"
    r"holds?)\b(?: the| most| all)* (?:true|correct|right|false|incorrect|wrong|untrue|accurate|valid)\b|"
    r"\A\W*(?:which|what) (?:is|are) (?:true|correct|right|false|incorrect|wrong)"
    r"(?: (?:of|about|regarding|concerning)\b|\W*\Z)",
    re.I,
)
_EVIDENCE = re.compile(
    r"\bevidence\b|\btrials? (?:have|has|show)|\bstud(?:y|ies) (?:have|has|show)|\bsupported by\b", re.I
)
_UNFOCUSED = re.compile(
    r"\A(?:which|what)(?: one)?(?: of (?:the|these) following(?: (?:options|statements|answers))?| (?:statement|option|"
    r"answer))?(?: (?:is|are|applies|apply|fits?|holds?|do you know|can you say))?"
    r"(?: (?:about|regarding|concerning|to|with) (?:[\w-]+ ?){1,4})?\?\Z|"
    r"\A(?:regarding|concerning|with respect to|as (?:for|to)|about|consider)\b[^?]{0,60}\Z|"
    r"\A(?:what|how) about\b|\A[\w-]+(?: (?:is|are|acts?|has|have))?\s*(?:…|:|\.\.\.)?\Z",
    re.I,
)
_SUBORDINATE = r"who|whom|whose|that|which|because|if|although|though|when|while|since|after|before|but|unless|until"
_NEGATIVE = re.compile(
    rf"\A(?>(?:\w+ ){{0,4}}?(?:which|what)|who|whose|where|when)\b(?:(?!\b(?:{_SUBORDINATE})\b)[^?,;:])*?"
    r"\b(?:is|are|was|were|does|do|did|would|should|can|could|must|may|will|has|have|need)\b(?: \w+)?? "
    r"(?P<word>not|never)\b|"
    r"\b(?P<except>except(?! for)\b|least (?:likely|appropriate|suitable|true|accurate|helpful)|(?:is|are) "
    r"(?:false|incorrect|untrue|wrong(?! with\b)|inappropriate|unlikely))",
    re.I,
)
_DOUBLE = re.compile(
    r"\bnot (?:un(?:common|likely|usual|reasonable|necessary|important|safe|related|helpful|wise)\w*|"
    r"in(?:frequent|effective|appropriate|correct|significant|compatible)\w*|im(?:possible|probable)|without|never|rare(?:ly)?)\b|"
    r"\b(?:never|cannot|can not|not|no)\b(?: \w+){0,3} (?:not|never|without|unless|neither|none)\b",
    re.I,
)
_NO = re.compile(r"\b(?:not|never|no|none|cannot|neither|without)\b|n’t\b", re.I)
_VAGUE = re.compile(
    r"(?<!\bas )(?<!\bmore )(?<!\bless )(?<!\bmost )(?<!\bleast )(?<!\bhow )"
    r"\b(?:often|usually|frequently|sometimes|rarely|occasionally|seldom|commonly|typically|generally|mostly|"
    r"in many cases|in some cases|now and then)\b",
    re.I,
)
_HINGES = re.compile(
    r"\b(?:previous|preceding|last|earlier|next) (?:question|item|answer)s?\b|\b(?:question|item) (?:no\.? ?)?\d+\b|"
    r"\byour (?:previous |last |earlier |first )?(?:answer|choice|response) (?:to|in|from|above)\b|"
    r"\byou (?:chose|selected|calculated|answered|named|identified|picked)\b|\b(?:calculated|answered|chosen) above\b",
    re.I,
)
_HOURS = {"second": 1 / 3600, "minute": 1 / 60, "min": 1 / 60, "h": 1, "hour": 1, "day": 24, "week": 168, "month": 730,
          "year": 8766}  # fmt: skip
"""Spans of time are compared across units: hours beside weeks may be the very question."""
_MONTHS = {"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
           "december"}  # fmt: skip
_NUMBER = r"[-−+]?\d+(?:[.,]\d+)*"
_QUANTITY = re.compile(
    rf"(?:about |around |≈ ?|~ ?|up to |at least |at most |over |under |more than |less than |fewer than |[<>≤≥] ?)?"
    rf"(?P<low>{_NUMBER})(?:\s*(?:–|-|to|/)\s*(?P<high>{_NUMBER}))?"
    r"\s*(?P<unit>%|[A-Za-zµμ°]+(?:/[A-Za-z]+)?(?: \w+)?)?\.?"
)


_KEEPS_SPACES = re.compile(r"[|`$]|^ {4}")
_SMALL = {"of", "the", "and", "for", "in", "on", "to", "a", "an", "with"}


def option_count(question: Question) -> Iterator[Flaw]:
    for step, choices in question.choices():
        most = MOST_TO_CHOOSE_SEVERAL if step.type in ("multiple_response", "key_feature") else MOST
        fewest = 2 if choices.path[-2:-1] != ("options",) and "blanks" in choices.path else FEWEST
        if not fewest <= len(choices.options) <= most:
            yield choices.path, f"{len(choices.options)} options; {fewest} to {most} can be weighed against each other."


def unfocused_lead_in(question: Question) -> Iterator[Flaw]:
    for step in question.steps:
        if step.type != "true_false" and not step.vignette and _UNFOCUSED.search(step.question):
            yield (
                (*step.path, "lead_in"),
                f"“{shorten(step.lead_in)}” cannot be answered with the options covered; ask for one thing.",
            )


def not_a_question(question: Question) -> Iterator[Flaw]:
    for step in question.steps:
        if step.type not in _INSTRUCTION and step.question and "?" not in step.question:
            yield (*step.path, "lead_in"), "The lead-in asks nothing; let it be a question."


def which_is_true(question: Question) -> Iterator[Flaw]:
    for step in question.steps:
        if step.type != "true_false" and _WHICH_IS_TRUE.search(step.question) and not _EVIDENCE.search(step.question):
            yield (
                (*step.path, "lead_in"),
                "“Which is true?” makes every option a question of its own; ask for one thing that all options name.",
            )


def negative_lead_in(question: Question) -> Iterator[Flaw]:
    for step in question.steps:
        if step.type == "true_false":
            continue
        if (found := _NEGATIVE.search(_main_clause(step.question))) and not _emphasised(step.lead_in, found):
            word = found["word"] or found["except"]
            yield (*step.path, "lead_in"), f"“{word}” is read over; ask for what is, or set it in **bold**."


def double_negative(question: Question) -> Iterator[Flaw]:
    for step in question.steps:
        texts = [((*step.path, "lead_in"), step.lead_in), *(((*row.path, "text"), row.text) for row in step.rows)]
        for path, text in texts:
            if found := _DOUBLE.search(plain(text)):
                yield path, f"“{found.group()}” says no twice; say what is the case."
        if step.type != "true_false" and _NEGATIVE.search(_main_clause(step.question)):
            for choices in step.choices:
                for option in choices.options:
                    if _NO.search(plain(option.text)):
                        yield (*option.path, "text"), "A negative option under a negative lead-in says no twice."


def vague_frequency(question: Question) -> Iterator[Flaw]:
    """In an option or a statement to be judged; the question itself may say what usually is."""
    for step in question.steps:
        judged = [((*row.path, "text"), row.text) for row in step.rows if step.type == "matrix"]
        if step.type == "true_false":
            judged.append(((*step.path, "lead_in"), step.lead_in))
        for choices in step.choices:
            vague = [option for option in choices.options if _VAGUE.search(plain(option.text))]
            if len(vague) < len(choices.options):
                judged += [((*option.path, "text"), option.text) for option in vague]
        for path, text in judged:
            if found := _VAGUE.search(plain(text)):
                yield path, f"“{found.group()}” means something else to every reader; give a number or leave it out."


def numbers(question: Question) -> Iterator[Flaw]:
    for step, choices in question.choices():
        read = [quantity(option) for option in choices.options]
        if len(read) < 3 or not all(read):
            continue
        units = {unit for found in read if found and (unit := found[2])} - {"hours"}
        lows = [found[:2] for found in read if found]
        if len(units) > 1:
            yield choices.path, f"The numbers stand in {', '.join(sorted(units))}; use one unit."
        elif step.type != "parameterised" and lows not in (sorted(lows), sorted(lows, reverse=True)):
            yield choices.path, "The numbers are not in order; put them from small to large."
        ranges = sorted(found for found in lows if found[0] < found[1])
        if len(ranges) > 1 and any(one[1] > other[0] for one, other in pairwise(ranges)):
            yield choices.path, "Two of the ranges overlap, so that one value belongs to both."


def heterogeneous_options(question: Question) -> Iterator[Flaw]:
    for _, choices in question.choices():
        texts = [plain(option.text) for option in choices.options]
        if len(texts) < 3:
            continue
        counted = [bool(quantity(option)) for option in choices.options]
        stopped = [text.endswith(".") for text in texts]
        lower = [text[0].islower() for text in texts if text[:1].isascii() and text[:1].isalpha() and _is_word(text)]
        if (
            any(counted)
            and not all(counted)
            and not any(re.search(r"\d", t) for t, c in zip(texts, counted, strict=True) if not c)
        ):
            yield choices.path, "Some options are numbers and some are words; ask for one kind of thing."
        if any(stopped) and not all(stopped):
            yield choices.path, "Some options end with a full stop and some do not; write all alike."
        if any(lower) and not all(lower):
            yield choices.path, "Some options begin with a capital letter and some do not; write all alike."


def undefined_abbreviation(question: Question) -> Iterator[Flaw]:
    whole = " ".join(
        plain(text) for step in question.steps for text in (*step.before, *(text for _, text in step.shown))
    )
    known = {name.casefold() for name in (*EVERYDAY, *TRIALS, *EMPHASISED)}
    said: set[str] = set()
    stem = (((), text) for text in question.steps[0].before[:1]) if question.steps else ()
    places = [(("stem",), text) for _, text in stem] + [found for step in question.steps for found in step.shown]
    for path, text in places:
        for found in ABBREVIATION.finditer(plain(text)):
            name = found.group()
            bare = name.removesuffix("s")
            if name in said or bare in said or known & {name.casefold(), bare.casefold()} or RECEPTOR.fullmatch(name):
                continue
            said |= {name, bare}
            pieces = re.split(r"[-/]", bare)
            if len(pieces) > 1 and all(
                len(piece) < 2 or piece.casefold() in known or RECEPTOR.fullmatch(piece) for piece in pieces
            ):
                continue
            if not _spelt_out(bare, whole):
                yield path, f"“{name}” is spelt out nowhere in the question; write it out where it first stands."


def reading_load(question: Question) -> Iterator[Flaw]:
    for step in question.steps:
        count = sum(len(words(text)) for _, text in step.shown)
        rows = max(len(step.rows), len(step.typed) + len(step.choices), len(step.order) // 2, 1)
        allowed = (READING_SECONDS + STEP_SECONDS * (rows - 1)) * WORDS_A_MINUTE // 60
        if count > allowed:
            yield (
                (*step.path, "stem"),
                f"{count} words; reading them takes longer than thinking should; at most {allowed} leave time.",
            )


def untidy_spacing(question: Question) -> Iterator[Flaw]:
    """Spaces that nobody meant; lines of a table and of code keep theirs."""
    for step in question.steps:
        for path, text in (*step.shown, *step.reasons):
            if loose_spaces(text) != text:
                yield path, "There are two spaces where one belongs, or one before a full stop, comma or question mark."


def loose_spaces(text: str) -> str:
    """A text with its spaces in order."""
    return "\n".join(line if _KEEPS_SPACES.search(line) else _in_order(line) for line in text.split("\n"))


def _in_order(line: str) -> str:
    indent = line[: len(line) - len(line.lstrip(" "))]
    return indent + re.sub(r"(?<=[\w)\]”’*]) +(?=[.,;?](?:\s|$))", "", re.sub(r" {2,}", " ", line[len(indent) :]))


def hinging(question: Question) -> Iterator[Flaw]:
    for step in question.steps:
        for path, text in step.shown:
            if found := _HINGES.search(plain(text)):
                yield path, f"“{found.group()}” makes this depend on another answer; tell what is to be known here."


def _main_clause(question: str) -> str:
    """The clause that asks, without what is said of the patient before it."""
    return re.split(r"[,.:] (?=(?:\w+ ){0,2}(?:which|what|who|whose|how|where|when)\b)", question)[-1]


def _emphasised(lead_in: str, found: re.Match[str]) -> bool:
    word = found["word"] or found["except"]
    return word.isupper() or bool(re.search(rf"[*_]{{1,3}}[^*_]*\b{re.escape(word)}\b[^*_]*[*_]", lead_in, re.I))


def quantity(option: Option) -> tuple[float, float, str] | None:
    """A number or range with its unit, where an option is nothing else."""
    found = _QUANTITY.fullmatch(plain(option.text))
    if found is None:
        return None
    low, unit = _value(found["low"]), _unit(found["unit"] or "")
    if unit in _MONTHS:
        return None  # a date
    high = _value(found["high"]) if found["high"] else low
    hours = _HOURS.get(unit)
    return (low * hours, high * hours, "hours") if hours else (low, high, unit)


def _value(text: str) -> float:
    return float(re.sub(r"[,](?=\d{3}\b)", "", text).replace(",", ".").replace("−", "-").replace("+", "") or 0)


def _unit(text: str) -> str:
    """A unit in the singular."""
    return text.lower().removesuffix("s") if len(text) > 2 else text


def _is_word(text: str) -> bool:
    """Whether an option begins with a word, and not with a name that has its own spelling, such as pH or mTOR."""
    return bool(re.match(r"[A-Za-z]?[a-z]+\b", text))


def _spelt_out(name: str, whole: str) -> bool:
    """Whether the words stand with the letters: “monoamine oxidase (MAO)”, “MAO (monoamine …)”, the words
    alone, or a name: “the BRIDGE study”."""
    quoted = re.escape(name)
    if re.search(rf"\b{quoted} (?:stud(?:y|ies)|trials?|networks?|cohorts?|surveys?|guidelines?|registry)\b", whole):
        return True
    if re.search(rf"\(\s*(?:the |an? )?{quoted}s?\b[^)]*\)|\b{quoted}s?\s*\((?=[^)]*[a-z]{{4}})", whole):
        return True
    initials = "".join(word[0] for word in re.findall(r"[^\W_]+", whole.lower()) if word not in _SMALL)
    initials = initials.translate({ord("å"): "a", ord("ä"): "a", ord("ö"): "o", ord("ü"): "u", ord("é"): "e"})
    return len(name) > 2 and re.sub(r"[^a-z0-9]", "", name.lower()) in initials


RULES: dict[str, Callable[[Question], Iterator[Flaw]]] = {
    "option-count": option_count,
    "unfocused-lead-in": unfocused_lead_in,
    "not-a-question": not_a_question,
    "which-is-true": which_is_true,
    "negative-lead-in": negative_lead_in,
    "double-negative": double_negative,
    "vague-frequency": vague_frequency,
    "numbers": numbers,
    "heterogeneous-options": heterogeneous_options,
    "undefined-abbreviation": undefined_abbreviation,
    "reading-load": reading_load,
    "untidy-spacing": untidy_spacing,
    "hinging": hinging,
}
