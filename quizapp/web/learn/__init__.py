"""The learner’s pages: today, a block of questions, an exam, their feedback and results.

Nothing is graded or chosen here; a view reads the form, calls one deed, and says where to look next.
"""

from quizapp.web.learn import annotations, calendar, error_log, exams, practice, progress, sessions, today
from quizapp.web.learn.blueprint import blueprint

__all__ = ["annotations", "blueprint", "calendar", "error_log", "exams", "practice", "progress", "sessions", "today"]
