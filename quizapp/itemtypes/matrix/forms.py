"""How a matrix is edited: statements, and the columns that judge them."""

from __future__ import annotations

from quizapp.itemtypes.editing import Choice, Group, Label, Reasoned, Rows, labels

COLUMNS = [{"id": "true", "text": "True"}, {"id": "false", "text": "False"}]
BLANK = {"columns": COLUMNS, "rows": [{"id": name} for name in "abcd"]}
SCORING = (("per_row", "Each statement is a mark"), ("all_or_nothing", "Only the complete set counts"))


class Row(Reasoned):
    key = Choice("Right column")


class Body(Group):
    columns = Rows(Label, "Columns", one="Column", most=6, default=COLUMNS)
    rows = Rows(Row, "Statements", one="Statement", most=12)
    scoring = Choice("Scoring", choices=SCORING, first="", default="per_row")

    def settle(self) -> None:
        for row in self.rows:
            row.form.key.offered = labels(self.columns)
