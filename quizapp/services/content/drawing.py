"""The drawings of questions that ask for a place in a figure. Reads only."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from quizapp.formats import figures
from quizapp.services.content.reading import get_figure

Json = dict[str, Any]


def with_drawings(session: Session, told: Json, prefix: str, *, labelled: bool) -> Json:
    """What a question shows or explains, with the drawings of the figure that it names, if it names one.

    `drawings` are by their names (“narrow”, where there is one, and “wide”); they are missing with a figure that was
    withdrawn. `prefix` keeps their ids apart from those of other drawings on the page.
    """
    if "figure" not in told:
        return told
    try:
        figure = get_figure(session, told["figure"])
    except LookupError:
        return told
    drawings = {"narrow": figure.narrow_svg, "wide": figure.svg}
    return told | {
        "drawings": {name: figures.ground(svg, prefix, labelled=labelled) for name, svg in drawings.items() if svg}
    }
