"""The patient, the reader and the grounds: vignettes, names of drugs, wording about people, sources."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from quizapp.formats.anatomy import Step, plain
from quizapp.formats.linting.found import Flaw, Question, telling, words
from quizapp.formats.linting.lexicon import BLAMING, BRANDS

SHORTEST_VIGNETTE = 12
"""Words in which age, setting and a lead finding can be told."""

_WHO = r"(?:man|woman|boy|girl|patient|gentleman|lady|teenager|adolescent|child|infant|neonate|widow(?:er)?)"
_PATIENT = re.compile(
    rf"\A(?:An?|One|Another|The|Your|This) "
    rf"(?:(?:[\w-]+ ){{0,2}}?{_WHO}\b|(?:[\w-]+ ){{0,2}}?\d+-(?:year|month|week|day)-old\b)",
    re.I,
)
"""Somebody is a patient by these words or by an age; a teacher without one may be somebody who teaches."""
_AGE = re.compile(
    r"\b\d{1,3}[- ](?:year|month|week|day)s?[- ]old\b|\bage[ds]? (?:of )?(?:about )?\d|\byears? old\b|"
    r"\bin (?:his|her|their) (?:early |mid-?|late )?(?:teens|[a-z]+ties)\b|"
    r"\b(?:is|was|turned|,) \d{2}(?=[,. ])",
    re.I,
)
_MONTH = r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
_IDENTIFIERS = (
    (re.compile(r"\b(?:Mr|Mrs|Ms|Miss|Mister)\.? [A-Z]\w+|\b(?:Herr|Frau|Monsieur|Madame) [A-Z]\w+"), "a name"),
    (re.compile(r"\b(?:born|d\.?o\.?b\.?|date of birth)\b[^.]{0,12}\d", re.I), "a date of birth"),
    (re.compile(r"\b(?:MRN|NHS|hospital|record|case|insurance|social security)[- ]?(?:number|no\.?|id)\b", re.I),
     "a number of a record"),
    (re.compile(r"\b\d{3}[- ]\d{3}[- ]\d{4}\b|\b\d{3}-\d{2}-\d{4}\b|\+\d{2}[ \d]{8,}"), "a number of somebody"),
    (re.compile(r"[\w.+-]+@[\w-]+\.\w{2,}"), "an address"),
    (re.compile(rf"\bon (?:\d{{1,2}}(?:st|nd|rd|th)? {_MONTH}|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?),? \d{{4}}\b"),
     "an exact date"),
)  # fmt: skip
_BRAND = re.compile(rf"\b(?:{'|'.join(BRANDS)})\b")
_POINTS_BACK = re.compile(
    r"\b(?:he|she|they|his|her|hers|him|their|them|this|these|that|those|it|its|now|next|today|first|most|best|least|"
    r"earliest|safest|likel(?:y|iest)|better|worse|more|less|fewer|here|both|change|changed|begin|continue|stop|"
    r"such|fits?|you|one|two|three|four|five|same|other|another|else|couple|team|family|"
    rf"(?:each|which) (?:\w+ )?{_WHO}|"
    r"the (?!(?:[\w-]+ ){1,3}of\b))\b",
    re.I,
)
_HIM_OR_HER = re.compile(r"\b(?:he|she|his|her|hers|him|his own|this patient|now)\b", re.I)


def thin_vignette(question: Question) -> Iterator[Flaw]:
    stem: list[Flaw] = [(("stem",), step.before[0] if step.before else step.stem) for step in question.steps[:1]]
    rows = [row for step in question.steps for row in step.rows if step.type == "extended_matching"]
    for path, text in (*stem, *(((*row.path, "text"), row.text) for row in rows)):
        told = plain(text)
        if not _PATIENT.search(told):
            continue
        if not _AGE.search(told):
            yield path, "The patient has no age; tell it, or leave the patient out."
        elif path == ("stem",) and len(words(told)) < SHORTEST_VIGNETTE:
            yield path, "The vignette tells too little to decide on: age, setting and the leading finding."


def unneeded_vignette(question: Question) -> Iterator[Flaw]:
    """A question about the subject under a vignette that neither the question nor any reason takes up."""
    for step in question.steps:
        told = step.vignette
        if step.type not in ("single_best_answer", "multiple_response", "short_text") or not _PATIENT.search(told):
            continue
        if len(telling(step.question)) < 2 or _POINTS_BACK.search(step.question) or _takes_up(step, told):
            continue
        yield (
            (*step.path, "lead_in"),
            "Neither the question nor a reason takes up the vignette; let the answer depend on it, or leave it out.",
        )


def brand_alone(question: Question) -> Iterator[Flaw]:
    texts = [found for step in question.steps for found in (*step.shown, *step.reasons)]
    texts += [(("stem",), text) for step in question.steps[:1] for text in step.before[:1]]
    whole = " ".join(text for _, text in texts).casefold()
    for path, text in texts:
        for brand in _BRAND.findall(text):
            if BRANDS[brand] not in whole:
                yield path, f"“{brand}” is a brand; write {BRANDS[brand]} with it or in its place."


def blaming(question: Question) -> Iterator[Flaw]:
    texts = [found for step in question.steps for found in (*step.shown, *step.reasons)]
    texts += [(("stem",), text) for step in question.steps[:1] for text in step.before[:1]]
    texts += [((name,), str(question.item[name])) for name in ("take_home", "explanation") if question.item.get(name)]
    for path, text in texts:
        for pattern, better in BLAMING:
            if found := pattern.search(plain(text)):
                yield path, f"“{found.group()}” puts the fault or the name of an illness on a person; say: {better}."


def identifier(question: Question) -> Iterator[Flaw]:
    texts = [found for step in question.steps for found in step.shown]
    texts += [(("stem",), text) for step in question.steps[:1] for text in step.before[:1]]
    for path, text in texts:
        for pattern, what in _IDENTIFIERS:
            if found := pattern.search(plain(text)):
                yield path, f"“{found.group()}” is {what}; nobody in a question may be somebody."


def no_reference(question: Question) -> Iterator[Flaw]:
    if question.item.get("state") == "published":
        if not question.item.get("references"):
            yield ("references",), "A published question names what its answer can be read in."
        if not question.item.get("review_by"):
            yield ("review_by",), "A published question says when it is to be looked at again."


def _takes_up(step: Step, told: str) -> bool:
    """Whether a reason speaks of the patient, or of two things that only the vignette has told."""
    own = telling(told) - telling(step.lead_in) - telling(" ".join(o.text for c in step.choices for o in c.options))
    numbers = set(re.findall(r"\d+(?:[.,]\d+)?", told))
    for _, reason in step.reasons:
        if _HIM_OR_HER.search(plain(reason)) or len(telling(reason) & own) > 1:
            return True
        if numbers & set(re.findall(r"\d+(?:[.,]\d+)?", reason)):
            return True
    return False


RULES: dict[str, Callable[[Question], Iterator[Flaw]]] = {
    "thin-vignette": thin_vignette,
    "unneeded-vignette": unneeded_vignette,
    "brand-alone": brand_alone,
    "blaming": blaming,
    "identifier": identifier,
    "no-reference": no_reference,
}
