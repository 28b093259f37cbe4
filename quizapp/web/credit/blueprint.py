"""The blueprint to which the modules of this package add their views."""

from flask import Blueprint

blueprint = Blueprint("credit", __name__, url_prefix="/credit")
