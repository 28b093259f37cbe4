"""Credit for learners: activities, taking part, certificates, and the record that each keeps.

Each page reads a request, calls one service that makes sure of the scope, and chooses what to show.
"""

from quizapp.web.credit import activities, certificates, external, lessons, profile, taking_part, transcripts
from quizapp.web.credit.blueprint import blueprint

__all__ = ["activities", "blueprint", "certificates", "external", "lessons", "profile", "taking_part", "transcripts"]
