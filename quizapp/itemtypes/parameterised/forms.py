"""How a parameterised question is edited: the values that are drawn, and the formulas that make the answer of them."""

from __future__ import annotations

from quizapp.itemtypes.editing import Group, Json, Line, Lines, Named, Rows, Tick, Words

BLANK: Json = {"parameters": [{}, {}]}


class Parameter(Group):
    name = Line("Name")
    low = Line("From", kind="decimal")
    high = Line("To", kind="decimal")
    step = Line("In steps of", kind="decimal", default="1")
    choices = Lines("Or one of", description="One a line.")
    follows = Line("Follows", description="Takes the place that this other value has in its list.")


class Worked(Group):
    name = Line("Name")
    formula = Line("Formula")
    decimals = Line("Decimals", kind="numeric")


class OtherUnit(Group):
    unit = Line("Unit")
    factor = Line("Factor", kind="decimal")


class WrongFormula(Named):
    formula = Line("Formula", description="“answer” may stand in it.")
    why = Words("Reason", description="By which slip one arrives here.")
    trap = Line("Trap")


class FormulaOption(Named):
    formula = Line("Formula")
    key = Tick("Key")
    why = Words("Reason")
    trap = Line("Trap")


class Body(Group):
    parameters = Rows(Parameter, "Values that are drawn", one="Value", most=12)
    constraints = Lines(
        "Conditions", description="One a line, such as dose > 2 * tablet. What breaks one is drawn again."
    )
    worked = Rows(Worked, "Numbers worked out from these", one="Number", most=12)
    formula = Line("Formula of the answer", description="Leave empty for options to choose from.")
    tolerance = Line("Tolerance", kind="decimal", default="0")
    decimals = Line("Rounded to decimals", kind="numeric", description="Empty: exactly as computed.")
    unit = Line("Unit")
    why = Words("Reason", description="The way to the number; {answer} stands for it.")
    units = Rows(OtherUnit, "Other units taken", one="Unit", most=8)
    wrong = Rows(WrongFormula, "Wrong numbers with a reason of their own", one="Wrong number", most=12)
    options = Rows(FormulaOption, "Options to choose from", one="Option", most=8, lettered=True)
