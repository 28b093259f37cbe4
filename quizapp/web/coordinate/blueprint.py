"""The blueprint to which the modules of this package add their views."""

from flask import Blueprint

blueprint = Blueprint("coordinate", __name__, url_prefix="/coordinate")
