"""What statistics say of a question, in sentences for its author."""

from __future__ import annotations

from collections.abc import Mapping

from quizapp.core.itemstats.intervals import Figure
from quizapp.core.itemstats.practice import LEAST
from quizapp.core.itemstats.verdicts import Figures, Finding, Kind, State, Verdict
from quizapp.services.analysing.pairs import Pair

STATES = {State.LOOK: "Look at this", State.GOOD: "Works well", State.FEW: "Too few answers yet"}
BRIEF = {
    Kind.MISKEYED: "the key may be wrong",
    Kind.NEGATIVE: "the abler miss it",
    Kind.HARD: "hardly anybody is right",
    Kind.EASY: "nearly everybody is right",
    Kind.DRIFT: "changed with time or cohort",
    Kind.SLOW: "takes long",
    Kind.UNUSED: "an answer that nobody chooses",
}


def summary(verdict: Verdict, n: int) -> str:
    """The sentence under the verdict."""
    if verdict.state is State.FEW:
        had = f"{n} of the {LEAST}" if n else f"None of the {LEAST}"
        return f"{had} first answers that a judgement takes {'is' if n == 1 else 'are'} there."
    if verdict.state is State.GOOD:
        return "First answers give no reason to change anything that matters."
    return "First answers give reason to read it again."


def sentence(finding: Finding, figures: Figures, names: Mapping[str, str]) -> str:
    """One finding. `names`: class → how the page calls it, for this part."""
    answers = listed([names.get(name, name) for name in finding.classes])
    match finding.kind:
        case Kind.MISKEYED:
            return (
                f"Those who answered {answers} are abler than everybody else. The key may be wrong, or this may be "
                "right as well: read the question as somebody who knows the field."
            )
        case Kind.NEGATIVE:
            return (
                f"The abler somebody is, the oftener the answer is wrong (correlation {correlation(finding.figure)})."
            )
        case Kind.HARD:
            return f"Only {share(finding.figure)} of the marks were earned; it tells little about anybody."
        case Kind.EASY:
            return f"{share(finding.figure)} of the marks were earned; it tells little about anybody."
        case Kind.DRIFT:
            return "At like ability it is right more or less often in some months or cohorts than in others; see below."
        case Kind.SLOW:
            took, expected = (figures.median_ms or 0) / 1000, (figures.expected_ms or 0) / 1000
            return f"Half of the answers took longer than {duration(took)}; {duration(expected)} are expected."
        case Kind.UNUSED:
            return f"Hardly anybody answers {answers}. A wrong answer that draws nobody can go, or be made tempting."
    raise AssertionError(finding.kind)


def pair(one: Pair) -> str:
    """What a leaking pair comes to; the names of both stand before it."""
    (after, met), (before, not_met) = one.after, one.before
    return (
        f"right {per_cent(after / met)} % once the first was met (n {met:,}), {per_cent(before / not_met)} % before "
        f"(n {not_met:,}); at like ability the odds are {odds(one.odds)} times as great."
    )


def brief(verdict: Verdict) -> str:
    """“the key may be wrong, takes long”."""
    return ", ".join(dict.fromkeys(BRIEF[finding.kind] for finding in verdict.findings))


def listed(words: list[str]) -> str:
    """“A, B and C”."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def share(figure: Figure | None) -> str:
    """“62 % (55 to 69 %)”."""
    return f"{per_cent(figure.value)} % ({per_cent(figure.low)} to {per_cent(figure.high)} %)" if figure else "–"


def per_cent(value: float) -> int:
    return round(100 * value)


def correlation(figure: Figure | None) -> str:
    """“0.34 (0.22 to 0.45)”."""
    if figure is None:
        return "–"
    return f"{signed(figure.value)} ({signed(figure.low)} to {signed(figure.high)})"


def signed(value: float) -> str:
    return f"{value:.2f}".replace("-0.00", "0.00").replace("-", "−")


def odds(figure: Figure | None) -> str:
    """“1.4 (0.9 to 2.1)”."""
    return f"{figure.value:.1f} ({figure.low:.1f} to {figure.high:.1f})" if figure else "–"


def duration(seconds: float) -> str:
    """“48 s”, “2 min 5 s”."""
    whole = round(seconds)
    return f"{whole} s" if whole < 90 else f"{whole // 60} min {whole % 60} s" if whole % 60 else f"{whole // 60} min"


def month(number: int) -> str:
    """“March 2026” of 202603."""
    names = (
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    )  # fmt: skip
    return f"{names[number % 100 - 1]} {number // 100}"
