"""Who a physician is to those whom credit is reported to: checked as it is typed, so that no report comes back."""

from __future__ import annotations

import calendar
import re
import unicodedata
from collections.abc import Mapping

# fmt: off
STATES = frozenset((
    "AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DE", "DC", "FL", "GA", "HI", "ID", "IL", "IN", "IA", "KS", "KY", "LA",
    "ME", "MD", "MA", "MI", "MN", "MS", "MO", "MT", "NE", "NV", "NH", "NJ", "NM", "NY", "NC", "ND", "OH", "OK", "OR",
    "PA", "RI", "SC", "SD", "TN", "TX", "UT", "VT", "VA", "WA", "WV", "WI", "WY", "PR", "VI", "GU", "AS", "MP",
))
# fmt: on
"""Postal codes of the jurisdictions that license physicians in the United States."""
LONGEST_NAME = 120
_LEAP_YEAR = 2024
_NPI_PREFIX = "80840"
_BREAKS_A_LINE = {"Cc", "Zl", "Zp"}
_TURNS_A_LINE = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def problem_of_name(name: str) -> str | None:
    """Why a name cannot be printed on a certificate, or None. Every script is a name; signs that control or turn the
    line are not, because a name that reads differently on paper than in the record proves nothing."""
    if not name.strip():
        return "Write the name as it should stand on the certificate."
    if len(name) > LONGEST_NAME:
        return f"A name can have {LONGEST_NAME} letters; this one has {len(name)}."
    if _controls(name):
        return "This name holds an invisible sign that controls how text runs. Please type it anew."
    if _unprintable(name):
        return "This name holds a sign that no font can print. Please type it anew."
    if not any(unicodedata.category(sign).startswith("L") for sign in name):
        return "A name has at least one letter."
    return None


def problem_of_text(text: str, longest: int) -> str | None:
    """Why a line that is printed beside names, such as a title, cannot be kept, or None."""
    if len(text) > longest:
        return f"Keep this within {longest} characters; it has {len(text)}."
    if _controls(text):
        return "This holds an invisible sign that controls how text runs. Please type it anew."
    if _unprintable(text):
        return "This holds a sign that no font can print. Please type it anew."
    return None


def _controls(text: str) -> bool:
    return any(unicodedata.category(sign) in _BREAKS_A_LINE or sign in _TURNS_A_LINE for sign in text)


def _unprintable(text: str) -> bool:
    return any(unicodedata.category(sign) in {"Cn", "Co", "Cs"} for sign in text)


def problem_of_npi(npi: str) -> str | None:
    """Why this is not a National Provider Identifier, or None: ten digits, the last of which checks the others.

    The check digit is that of the ISO standard for identification cards (Luhn), over the digits with 80840 before them
    (45 CFR 162.406; CMS, “Requirements for National Provider Identifier and NPI check digit”, 2004).
    """
    if not re.fullmatch(r"[12][0-9]{9}", npi):
        return "An NPI has ten digits and begins with 1 or 2."
    total = 0
    for place, digit in enumerate(reversed(_NPI_PREFIX + npi)):
        doubled = int(digit) * (1 + place % 2)
        total += doubled // 10 + doubled % 10
    return "This NPI has a slip in it: its last digit does not fit the others." if total % 10 else None


def problem_of_licence(number: str, state: str) -> str | None:
    """Why this is no licence, or None. A number says nothing without the state that gave it."""
    if not number.strip():
        return "Write the number of the licence."
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9 ./-]{0,29}", number.strip()):
        return "A licence number has letters, digits, points, strokes and dashes only, at most 30."
    if state not in STATES:
        return "Choose the state that gave the licence."
    return None


def problem_of_birthday(month: int, day: int) -> str | None:
    """Why no one is born on this day, or None. The year is not asked for and not kept."""
    if not 1 <= month <= 12:
        return "Choose the month in which you were born."
    days = calendar.monthrange(_LEAP_YEAR, month)[1]
    if not 1 <= day <= days:
        return f"{calendar.month_name[month]} has no day {day}."
    return None


def problems_of(identifiers: Mapping[str, str], name: str) -> dict[str, str]:
    """All that keeps a physician from being reported, field → sentence: the name, whole and in parts, one identifier at
    least, the day of birth. Who has one name only gives it as the family name."""
    given, family = (identifiers.get(kind, "").strip() for kind in ("given_name", "family_name"))
    npi, licence, board = (identifiers.get(kind, "").strip() for kind in ("npi", "licence", "board_id"))
    month, day = (identifiers.get(kind, "") for kind in ("birth_month", "birth_day"))
    found = {
        "name": problem_of_name(name),
        "given_name": problem_of_text(given, LONGEST_NAME),
        "family_name": problem_of_text(family, LONGEST_NAME),
        "npi": problem_of_npi(npi) if npi else None,
        "licence": problem_of_licence(licence, identifiers.get("licence_state", "")) if licence else None,
    }
    if not family or (not given and len(name.split()) > 1):
        found["given_name" if family else "family_name"] = (
            "Give your given name and your family name as your board or licensing body has them."
        )
    if not (npi or licence or board):
        found["npi"] = (
            "Give an NPI, a licence with its state, or the id of a board; without it nothing can be reported."
        )
    if month.isascii() and month.isdigit() and day.isascii() and day.isdigit():
        found["birth_day"] = problem_of_birthday(int(month), int(day))
    else:
        found["birth_month"] = "Give month and day of birth; the year is not asked for."
    return {field: sentence for field, sentence in found.items() if sentence}
