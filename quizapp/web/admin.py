"""Pages for administrators."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from quizapp import itemtypes
from quizapp.core.grading import NotGradable
from quizapp.db.extension import db
from quizapp.itemtypes.samples import answer_of, presented
from quizapp.services.content.drawing import with_drawings
from quizapp.web.allow import allow

blueprint = Blueprint("admin", __name__, url_prefix="/admin")


@dataclass(frozen=True)
class Sample:
    """A question of one type as it is asked, and as it is read after a wrong answer."""

    type: str
    lead_in: str
    face: Mapping[str, Any]
    review: Mapping[str, Any]

    @property
    def uid(self) -> str:
        return f"sample-{self.type}"

    @property
    def face_template(self) -> str:
        return f"itemtypes/{self.type}/answer.html"

    @property
    def review_template(self) -> str:
        return f"itemtypes/{self.type}/review.html"


@blueprint.get("/style")
@allow("administrator")
def style() -> ResponseReturnValue:
    """Every component in each of its states: where one looks before drawing a page."""
    return render_template("admin/style.html", samples=[sample(name) for name in itemtypes.gradable()])


def sample(name: str) -> Sample:
    verbs = itemtypes.get(name)
    examples = [example for example in verbs.examples() if example.expected is not NotGradable]
    # The worst of its answers shows most: the key, the reason, and what was chosen instead.
    worst = min(examples, key=lambda example: getattr(example.expected, "earned", 0))
    part, layout = presented(name, worst)
    answer = answer_of(name, worst)
    face = verbs.show(part.content, layout, None)
    review = verbs.explain(part.content, layout, None if isinstance(answer, NotGradable) else answer)
    return Sample(
        type=name,
        lead_in=part.content.get("lead_in") or "What is asked?",
        face=with_drawings(db.session(), face, f"sample-{name}", labelled=False),
        review=with_drawings(db.session(), review, f"sample-{name}-told", labelled=True),
    )
