"""A board's label on credit, such as self-assessment: shown only with the reference and the dates of its approval."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True)
class Recognition:
    """What a board has approved. `label`: as the board words it; `begins`, `ends`: the days on which it holds."""

    label: str
    reference: str
    begins: dt.date | None
    ends: dt.date | None

    @property
    def sentence(self) -> str:
        """What may be printed; "" while anything is missing."""
        if not (self.label and self.reference and self.begins and self.ends):
            return ""
        days = f"{self.begins.isoformat()} to {self.ends.isoformat()}"
        return f"{self.label.rstrip('.')} (approval {self.reference}, {days})."

    def holds_on(self, day: dt.date) -> bool:
        """Whether somebody who completed the activity on this day has what the label says."""
        return bool(self.sentence and self.begins and self.ends and self.begins <= day <= self.ends)

    def problems(
        self, released: dt.date | None, expires: dt.date | None, *, credit_designated: bool
    ) -> tuple[tuple[str, str], ...]:
        """What keeps it from being shown, each with the part that is to be mended: label, reference, from, until."""
        if not (self.label or self.reference or self.begins or self.ends):
            return ()
        needed = {
            "label": (self.label, "the label as the board words it"),
            "reference": (self.reference, "the reference of the board’s approval"),
            "from": (self.begins, "the day from which the board’s approval holds"),
            "until": (self.ends, "the day until which the board’s approval holds"),
        }
        found = [(part, f"Missing: {what}; a board’s label stands only with all of it.")
                 for part, (given, what) in needed.items() if not given]  # fmt: skip
        if not credit_designated:
            found.append(("label", "A board’s label stands only beside credit that is designated."))
        if self.begins and self.ends:
            if self.ends < self.begins:
                found.append(("until", "The board’s approval ends before it begins."))
            elif (released and self.ends < released) or (expires and self.begins > expires):
                found.append(("from", "The board’s approval holds on no day on which the activity is open."))
        return tuple(found)
