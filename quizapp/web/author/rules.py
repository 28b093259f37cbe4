"""The rules of item-writing, each with its reason, for who sees a finding and wonders."""

from __future__ import annotations

from functools import cache

from flask import render_template
from flask.typing import ResponseReturnValue

from quizapp import paths
from quizapp.formats.linting import guide
from quizapp.web.allow import allow
from quizapp.web.author.blueprint import blueprint


@blueprint.get("/rules")
@allow("instructor", "administrator")
def rules() -> ResponseReturnValue:
    return render_template("author/rules.html", families=families())


@cache
def families() -> tuple[guide.Family, ...]:
    return guide.read((paths.docs() / "linting.md").read_text(encoding="utf-8"))
