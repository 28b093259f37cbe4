"""Questions as their types draw them, without an application: for tests of the types and of their pages."""

from __future__ import annotations

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined

from quizapp import itemtypes, paths
from quizapp.formats import figures
from quizapp.itemtypes import Json, Part

templates = Environment(
    loader=ChoiceLoader(
        [FileSystemLoader(paths.templates()), PrefixLoader({"itemtypes": FileSystemLoader(itemtypes.type_folder)})]
    ),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)

FIGURE = paths.lessons() / "nassa-mechanism" / "media"

templates.globals["url_for"] = lambda endpoint, **values: f"/{endpoint}/{next(iter(values.values()))}"


def drawn(told: Json, prefix: str, *, labelled: bool) -> Json:
    """What a type shows or explains with the drawings of its figure, which must be `nassa-synapse`."""
    if "figure" not in told:
        return told
    drawings = {}
    for name, file in (("narrow", f"{told['figure']}-narrow.svg"), ("wide", f"{told['figure']}.svg")):
        drawing = figures.read((FIGURE / file).read_bytes(), file)[0]
        assert drawing
        svg = figures.inline(drawing, f"{told['figure']}-{name}")
        drawings[name] = figures.ground(svg, prefix, labelled=labelled)
    return told | {"drawings": drawings}


def rendered(part: Part, layout: Json, answer: Json | None, *, reviewed: bool = False, uid: str = "q1") -> str:
    """The face of a part, or what is read after it, as it stands in a page."""
    verbs = itemtypes.get(part.type)
    if reviewed:
        review = drawn(verbs.explain(part.content, layout, answer), uid, labelled=True)
        return templates.get_template(f"itemtypes/{part.type}/review.html").render(review=review, uid=uid, peers={})
    face = drawn(verbs.show(part.content, layout, answer), uid, labelled=False)
    return templates.get_template(f"itemtypes/{part.type}/answer.html").render(
        face=face, uid=uid, struck=set(), locked=False
    )
