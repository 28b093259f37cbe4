"""How a hotspot is edited: a figure, and the places marked in its drawings."""

from __future__ import annotations

from quizapp.itemtypes.editing import Box, Choice, Group, Line, Named, Rows, Tick, Words

BLANK = {"regions": [{"id": name, "key": name == "a"} for name in "abcd"]}


class Region(Named):
    text = Words("Place in words", inline=True, description="Names the place, not what is drawn there.")
    key = Tick("Key")
    box = Box("In the wide drawing")
    narrow = Box("In the narrow drawing")
    why = Words("Reason")
    trap = Line("Trap")


class Body(Group):
    figure = Choice("Figure", offer="figures")
    regions = Rows(Region, "Places", one="Place", most=9, lettered=True)
