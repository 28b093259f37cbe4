"""Cues for the test-wise: what gives the key away to somebody who does not know the subject."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator

from quizapp.formats.anatomy import Choices, plain
from quizapp.formats.linting.found import Flaw, Question, shorten, telling, words

LONGER = 1.4
"""How many times as long as the longest distractor a key may be."""
_MUCH = 12
"""Characters by which it must be longer as well: the name of one drug is longer than that of another."""

_ABSOLUTE = re.compile(
    r"(?<!has )(?<!had )(?<!have )(?<!was )(?<!were )"
    r"\b(?:always|never|invariably|without exception|under (?:all|no) circumstances|in (?:all|every|no) (?:\w+ )?"
    r"(?:patients?|people|persons?|cases?|trials?|situations?)|"
    r"completely|entirely|exclusively|absolutely|impossible|guarantee[sd]?|proves? (?:that|beyond))\b",
    re.I,
)
_ALL_OR_NONE = re.compile(
    r"(?:all|none|any|both|neither|either)(?: one)? of (?:the above|the other (?:options|answers)|these(?: options| "
    r"answers)?|them)|no(?:ne| one) of the (?:above|options)|all (?:answers|options) are (?:correct|right|true)|"
    r"(?:any|all) of the above",
    re.I,
)
_COMBINATION = re.compile(
    r"(?:(?:only|both|either|neither|answers?|options?)\s+)*(?:[A-H]|[1-8]|I{1,3}|IV)(?:\s*,\s*(?:[A-H]|[1-8]|I{1,3}|IV))*"
    r"\s*(?:,\s*)?(?:and|or|nor|&|\+)\s*(?:[A-H]|[1-8]|I{1,3}|IV)(?:\s+(?:only|alone|together))?\.?"
)
_OPPOSITES = [
    set(pair.split("/"))
    for pair in re.findall(
        r"\S+",
        "higher/lower more/less increases/decreases increased/decreased rises/falls raises/lowers before/after "
        "with/without present/absent can/cannot is/isn’t does/doesn’t possible/impossible necessary/unnecessary "
        "effective/ineffective safe/unsafe reversible/irreversible selective/nonselective faster/slower "
        "longer/shorter stronger/weaker better/worse above/below agonist/antagonist blockade/stimulation "
        "inhibits/stimulates stops/continues",
    )
]
_NEGATION = {"not", "no", "never", "cannot", "nor", "isn’t", "doesn’t", "don’t", "won’t"}
_THIRD_WAY = re.compile(
    r"\b(?:unchanged|no change|same|neither|equal(?:ly)?|stays?|unaffected|remains?|both|no difference|as [\w-]+)\b",
    re.I,
)
_PLURAL = re.compile(r"[a-z]{3,}(?<!s)(?<!i)(?<!u)s\b")


def long_key(question: Question) -> Iterator[Flaw]:
    for _, choices in question.single():
        key = choices.keys[0]
        longest = max(len(plain(option.text)) for option in choices.distractors)
        length = len(plain(key.text))
        if length > LONGER * longest and length - longest > _MUCH:
            yield (
                (*key.path, "text"),
                f"The key has {length} characters, the longest distractor {longest}; shorten it or lengthen others.",
            )


def absolute_distractors(question: Question) -> Iterator[Flaw]:
    for _, choices in question.choices():
        if not choices.keys or any(_ABSOLUTE.search(plain(option.text)) for option in choices.keys):
            continue
        for option in choices.distractors:
            if found := _ABSOLUTE.search(plain(option.text)):
                yield (
                    (*option.path, "text"),
                    f"“{found.group()}” stands in a distractor and in no key; absolute words are known to be wrong.",
                )


def repeated_word(question: Question) -> Iterator[Flaw]:
    for step, choices in question.single():
        asked = telling(f"{step.stem} {step.lead_in} {step.fields.get('reveal') or ''}")
        echoes = telling(choices.keys[0].text) & asked
        if echoes and len(choices.options) > 2 and not any(telling(each.text) & asked for each in choices.distractors):
            word = next(word for word in words(choices.keys[0].text) if telling(word) & echoes)
            yield (
                (*choices.keys[0].path, "text"),
                f"Only the key takes up a word of the question (“{word}”); use it in a distractor too, or not at all.",
            )


def convergence(question: Question) -> Iterator[Flaw]:
    """Options made of parts: the one that shares most parts with the others is easily guessed."""
    for _, choices in question.single():
        made = [_parts(option.text) for option in choices.options]
        if sum(len(parts) > 1 for parts in made) < 3 or len(made) < 4:
            continue
        times = Counter(part for parts in made for part in parts)
        shared = [sum(times[part] - 1 for part in parts) / max(1, len(parts)) for parts in made]
        key = choices.keys[0]
        place = choices.options.index(key)
        parts, most = made[place], max(shared[:place] + shared[place + 1 :])
        if len(parts) > 1 and all(times[part] > 1 for part in parts) and shared[place] > most:
            yield (
                (*key.path, "text"),
                "The key shares more of its parts with the other options than any of them does; vary the parts evenly.",
            )


def grammar_cue(question: Question) -> Iterator[Flaw]:
    for step, choices in question.single():
        lead_in = step.question.rstrip("…:. ")
        if found := re.search(r"\b(an?)\Z", lead_in, re.I):
            vowel = found.group().lower() == "an"
            for option in choices.options:
                first = plain(option.text)[:1].lower()
                if first.isalpha() and (first in "aeiou") != vowel:
                    yield (
                        (*option.path, "text"),
                        f"This option does not follow “{found.group()}” at the end of the lead-in.",
                    )
        articled = [option for option in choices.options if re.match(r"(?:an?|the) ", plain(option.text), re.I)]
        odd = articled if len(articled) == 1 else [option for option in choices.options if option not in articled]
        if (
            len(choices.options) > 3
            and len(odd) == 1
            and odd[0].right
            and len({len(words(option.text)) for option in choices.options}) == 1
        ):
            yield (*odd[0].path, "text"), "Only the key differs in its article; write all options alike."
        if re.match(r"(?:which|what) (?:\w+ ){0,3}?(?:are|were)\b", step.question, re.I):
            plural = [option for option in choices.options if _PLURAL.search(plain(option.text))]
            if [option.right for option in plural] == [True] and len(choices.options) > 2:
                yield (*plural[0].path, "text"), "The question asks in the plural, and only the key is one."


def all_or_none(question: Question) -> Iterator[Flaw]:
    for _, choices in question.choices():
        for option in choices.options:
            if found := _ALL_OR_NONE.fullmatch(plain(option.text).rstrip(".")):
                yield (*option.path, "text"), f"“{found.group()}” is no answer of its own; write one that is."


def combined_options(question: Question) -> Iterator[Flaw]:
    for _, choices in question.choices():
        for option in choices.options:
            if _COMBINATION.fullmatch(plain(option.text)):
                yield (
                    (*option.path, "text"),
                    f"“{shorten(option.text)}” points at other options, which are shuffled, and tests logic.",
                )


def exhaustive_pair(question: Question) -> Iterator[Flaw]:
    """Two options of which one must be right, while the others belong to no such pair."""
    for _, choices in question.single():
        if len(choices.options) < 3 or any(_THIRD_WAY.search(plain(option.text)) for option in choices.options):
            continue
        pairs = [
            (one, other)
            for place, one in enumerate(choices.options)
            for other in choices.options[place + 1 :]
            if _opposite(one.text, other.text)
        ]
        if len(pairs) == 1 and any(option.right for option in pairs[0]):
            one, other = (shorten(option.text) for option in pairs[0])
            yield (
                choices.path,
                f"“{one}” and “{other}” leave nothing between them, so the other options can be left out.",
            )


def same_opening(question: Question) -> Iterator[Flaw]:
    for step, choices in question.choices():
        if step.type != "hotspot" and (opening := _opening(choices)):
            yield choices.path, f"Every option opens with “{opening}”; say it once, in the lead-in."


def _parts(text: str) -> frozenset[str]:
    pieces = re.split(r"\s*(?:,|;|\band\b|\bwith\b|\bplus\b|\+|\bthen\b|\bbut\b)\s*", plain(text).lower())
    return frozenset(piece for piece in pieces if piece)


def _opposite(one: str, other: str) -> bool:
    first, second = words(one), words(other)
    extra = [word for word in first if word not in second], [word for word in second if word not in first]
    if sum(map(len, extra)) == 1:
        return (extra[0] + extra[1])[0] in _NEGATION
    if [len(side) for side in extra] != [1, 1] or len(first) != len(second) or len(first) < 2:
        return False
    left, right = extra[0][0], extra[1][0]
    return {left, right} in _OPPOSITES or left in (f"un{right}", f"in{right}") or right in (f"un{left}", f"in{left}")


def _opening(choices: Choices) -> str:
    if len(choices.options) < 3:
        return ""
    split = [plain(option.text).split() for option in choices.options]
    shared = 0
    while all(len(parts) > shared + 1 for parts in split) and len({parts[shared] for parts in split}) == 1:
        shared += 1
    opening = " ".join(split[0][:shared])
    return opening if shared > 2 and len(opening) > 12 else ""


RULES: dict[str, Callable[[Question], Iterator[Flaw]]] = {
    "long-key": long_key,
    "absolute-distractor": absolute_distractors,
    "repeated-word": repeated_word,
    "convergence": convergence,
    "grammar-cue": grammar_cue,
    "all-or-none": all_or_none,
    "combined-options": combined_options,
    "exhaustive-pair": exhaustive_pair,
    "same-opening": same_opening,
}
