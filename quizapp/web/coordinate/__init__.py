"""Running activities with credit, for coordinators: what comes of them, what is reported, what an accreditor is shown.

Each page reads a request, calls one service that makes sure of the scope, and chooses what to show.
"""

from quizapp.web.coordinate import people, reports
from quizapp.web.coordinate.blueprint import blueprint

__all__ = ["blueprint", "people", "reports"]
