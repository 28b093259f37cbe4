"""When two pieces of wording say the same: typed answers and search both compare what this module makes of a text.

Case, accents, hyphens, Greek letters, British and American spelling, and the few names of one thing that clinicians use
side by side (noradrenaline and norepinephrine, 5-HT and serotonin). Meaning is never guessed: a text that is merely
similar stays different.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata

GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta", "η": "eta", "θ": "theta",
    "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "ο": "omicron", "π": "pi", "ρ": "rho",
    "σ": "sigma", "ς": "sigma", "τ": "tau", "υ": "upsilon", "φ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega",
}  # fmt: skip

# One thing, several names: each name on the left becomes the one on the right. Left sides are written as they stand
# after folding: lower case, no hyphens, words in the singular.
NAMES = {
    # transmitters
    "norepinephrine": "noradrenaline",
    "epinephrine": "adrenaline",
    "5 hydroxytryptamine": "serotonin",
    "5 ht": "serotonin",
    "5ht": "serotonin",
    # drugs with a British and an American name
    "acetaminophen": "paracetamol",
    "albuterol": "salbutamol",
    "meperidine": "pethidine",
    "rifampin": "rifampicin",
    "nitroglycerin": "glyceryl trinitrate",
    "isoproterenol": "isoprenaline",
    "glyburide": "glibenclamide",
    "succinylcholine": "suxamethonium",
    # classes, disorders and treatments of the subject
    "noradrenergic and specific serotonergic antidepressant": "nassa",
    "selective serotonin reuptake inhibitor": "ssri",
    "serotonin noradrenaline reuptake inhibitor": "snri",
    "serotonin and noradrenaline reuptake inhibitor": "snri",
    "noradrenaline reuptake inhibitor": "nri",
    "monoamine oxidase inhibitor": "maoi",
    "monoamine oxidase": "mao",
    "tricyclic antidepressant": "tca",
    "treatment resistant depression": "trd",
    "major depressive disorder": "mdd",
    "electroconvulsive therapy": "ect",
    "repetitive transcranial magnetic stimulation": "rtms",
    "cognitive behavioural therapy": "cbt",
    "serotonin transporter": "sert",
    "5 htt": "sert",
    "5htt": "sert",
    "noradrenaline transporter": "net",
    "mcg": "mug",
}

SIGNS = {"<": "less", "≤": "at most", ">": "more", "≥": "at least", "%": "percent", "+": "plus", "&": "and"}

_SPELLINGS = (
    (re.compile(r"\b(re|pre|post|anti|auto|hetero|non|co) (?=[a-z])"), r"\1"),  # re-uptake, reuptake
    (re.compile(r"\b(alpha|beta|gamma|delta|kappa|mu|sigma) (?=\d)"), r"\1"),  # α-2, α2
    (re.compile(r"\ba(?=\d[a-d]?\b)"), "alpha"),
    (re.compile(r"\bb(?=\d[a-d]?\b)"), "beta"),
    (re.compile(r"\b5 ?ht(?=\d)"), "serotonin "),
    (re.compile(r"norepinephrinerg"), "noradrenerg"),
    (re.compile(r"sulph"), "sulf"),
    (re.compile(r"ae|oe"), "e"),
    (re.compile(r"(?<=[a-z]{2})our(?=(al|ed|ing)?\b)"), "or"),
    (re.compile(r"(?<=[a-z]{3})is(?=(e|ed|ing|ation)\b)"), "iz"),
    (re.compile(r"(?<=[a-z]{3})ys(?=(e|ed|ing)\b)"), "yz"),
    (re.compile(r"(?<=[a-z]{2})([bt])re\b"), r"\1er"),
    (re.compile(r"(?<=[a-z]{3})ll(?=(ed|ing)\b)"), "l"),
)
_GREEK = str.maketrans(GREEK)
_SIGNS = str.maketrans({sign: f" {name} " for sign, name in SIGNS.items()})
_DECIMAL = re.compile(r"(?<=\d)[.,](?=\d)")
_WORD = re.compile(r"[^\W_]+(?:\.[0-9]+)?")
_ARTICLES = frozenset({"the", "a", "an"})


def tidy(text: str) -> str:
    """The text in one line: control characters and runs of spaces become one space."""
    return " ".join("".join(" " if unicodedata.category(char)[0] == "C" else char for char in text).split())


def count(number: int, thing: str) -> str:
    """“1 question”, “1,200 questions”."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def plain_day(day: dt.date) -> str:
    """“23 November 2026”."""
    return f"{day.day} {day:%B %Y}"


def terms(text: str) -> tuple[str, ...]:
    """The words of a text, each in the one form under which all its spellings and names are kept."""
    spelled = _spelled(text)
    for _ in range(2):  # a name may appear only once a word inside it has got its own name
        spelled = _NAMES.sub(lambda found: _NAME_OF[found[0]], spelled)
    return tuple(spelled.split())


def canonical(text: str) -> str:
    """What two typed answers must share to be the same answer; empty if the text holds no word."""
    words = terms(text)
    return "".join(words[1:] if len(words) > 1 and words[0] in _ARTICLES else words)


def _spelled(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).translate(_SIGNS)
    bare = "".join(char for char in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(char))
    words = _WORD.findall(_DECIMAL.sub(".", bare.casefold().translate(_GREEK)))
    spelled = " ".join(_singular(word) for word in words)
    for pattern, spelling in _SPELLINGS:
        spelled = pattern.sub(spelling, spelled)
    return spelled


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


_NAME_OF = {_spelled(name): _spelled(one) for name, one in NAMES.items()}
_NAMES = re.compile(r"\b(?:" + "|".join(sorted(map(re.escape, _NAME_OF), key=len, reverse=True)) + r")\b")
