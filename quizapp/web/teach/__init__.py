"""Teaching: cohorts and who is in them, what they are given, and what came of it. For instructors.

Each page reads a request, calls one service that makes sure of the scope, and chooses what to show.
"""

from quizapp.web.teach import assignments, cohorts, figures, gradebooks, learners, messages, rosters
from quizapp.web.teach.blueprint import blueprint

__all__ = ["assignments", "blueprint", "cohorts", "figures", "gradebooks", "learners", "messages", "rosters"]
