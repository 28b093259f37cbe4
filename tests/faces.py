"""Questions as their types draw them, without an application: for tests of the types and of their pages."""

from __future__ import annotations

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined

from quizapp import itemtypes, paths
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

templates.globals["url_for"] = lambda endpoint, **values: f"/{endpoint}/{values['filename']}"


def rendered(part: Part, layout: Json, answer: Json | None, *, reviewed: bool = False, uid: str = "q1") -> str:
    """The face of a part, or what is read after it, as it stands in a page."""
    verbs = itemtypes.get(part.type)
    if reviewed:
        review = verbs.explain(part.content, layout, answer)
        return templates.get_template(f"itemtypes/{part.type}/review.html").render(review=review, uid=uid, peers={})
    face = verbs.show(part.content, layout, answer)
    return templates.get_template(f"itemtypes/{part.type}/answer.html").render(
        face=face, uid=uid, struck=set(), locked=False
    )
