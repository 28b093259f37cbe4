"""The instructor’s studio: writing questions and lessons, having them reviewed, publishing them.

What may be opened here is decided by the services, entry by entry; `@allow` only says which roles may have a studio.
"""

from quizapp.web.author import beginning, index, items, rules
from quizapp.web.author.blueprint import blueprint

__all__ = ["beginning", "blueprint", "index", "items", "rules"]
