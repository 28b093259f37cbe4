"""Fields that say in our words what to mend."""

from __future__ import annotations

from wtforms import IntegerField


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
