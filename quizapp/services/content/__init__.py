"""Content between files, versions and readers: loading and exporting files, lessons, evidence, figures, search.

Nothing here shows a key: questions are read by the services that ask them.
"""

from quizapp.services.content.exporting import Unexportable, export
from quizapp.services.content.loading import LoadReport, Unloadable, load
from quizapp.services.content.reading import get_evidence, get_figure, get_figure_file, get_lesson, list_lessons
from quizapp.services.content.searching import search

__all__ = [
    "LoadReport",
    "Unexportable",
    "Unloadable",
    "export",
    "get_evidence",
    "get_figure",
    "get_figure_file",
    "get_lesson",
    "list_lessons",
    "load",
    "search",
]
