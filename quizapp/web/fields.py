"""Fields that say in our words what to mend, and the number that a hidden one holds."""

from __future__ import annotations

from typing import Any

from wtforms import DateField, IntegerField


def whole_number(sent: str) -> int | None:
    """The number in a hidden field, a button or an address, such as the revision that a form began from; None for
    anything else. No table counts further than nine digits."""
    return int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 10 else None


class WholeNumber(IntegerField):
    """A whole number; an empty field is None."""

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = None
        if not valuelist or not valuelist[0].strip():
            return
        try:
            self.data = int(valuelist[0])
        except ValueError as error:
            raise ValueError("Enter a whole number.") from error


class Day(DateField):
    """A date; an empty field is None. `unread`: what is said of one that cannot be read."""

    def __init__(self, label: str, *, unread: str = "Choose a day, or leave the field empty.", **more: Any) -> None:
        super().__init__(label, **more)
        self.unread = unread

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = None
        try:
            if any(valuelist):
                super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError(self.unread) from error
