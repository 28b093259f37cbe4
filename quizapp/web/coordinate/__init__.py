"""Activities with credit, for coordinators: setting them up, publishing them, what comes of them, what is reported, and
what an accreditor is shown.

Each page reads a request, calls one service that makes sure of the scope, and chooses what to show.
"""

from quizapp.web.coordinate import (
    activities,
    evaluations,
    folders,
    in_control,
    outcomes,
    people,
    providers,
    publishing,
    reports,
)
from quizapp.web.coordinate.blueprint import blueprint

__all__ = [
    "activities",
    "blueprint",
    "evaluations",
    "folders",
    "in_control",
    "outcomes",
    "people",
    "providers",
    "publishing",
    "reports",
]
