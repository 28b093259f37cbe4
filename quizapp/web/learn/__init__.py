"""The learner’s pages: today, a block of questions, an exam, their feedback and results.

Nothing is graded or chosen here; a view reads the form, calls one deed, and says where to look next.
"""

from quizapp.web.learn import (
    annotations,
    assignments,
    calendar,
    error_log,
    exams,
    joining,
    practice,
    progress,
    sessions,
    today,
)
from quizapp.web.learn.blueprint import blueprint

__all__ = [
    "annotations",
    "assignments",
    "blueprint",
    "calendar",
    "error_log",
    "exams",
    "joining",
    "practice",
    "progress",
    "sessions",
    "today",
]
