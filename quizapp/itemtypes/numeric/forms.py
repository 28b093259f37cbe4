"""How a numeric question is edited: the value with its tolerance and units, and slips that have a reason."""

from __future__ import annotations

from quizapp.itemtypes.editing import Group, Line, Named, Rows, Words

BLANK: dict[str, object] = {}


class OtherUnit(Group):
    unit = Line("Unit")
    factor = Line("Factor", kind="decimal", description="Number × factor = number in the unit of the answer.")


class WrongValue(Named):
    value = Line("Value", kind="decimal")
    why = Words("Reason", description="By which slip one arrives here.")
    trap = Line("Trap")


class Body(Group):
    value = Line("Value", kind="decimal")
    tolerance = Line("Tolerance", kind="decimal", default="0", description="Either way; 0 takes the value alone.")
    unit = Line("Unit", description="Empty where the number has none.")
    why = Words("Reason", description="The way to the number.")
    units = Rows(OtherUnit, "Other units taken", one="Unit", most=8)
    wrong = Rows(WrongValue, "Wrong values with a reason of their own", one="Wrong value", most=12)
