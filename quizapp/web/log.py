"""One JSON line for every request, with an id that the error page shows; never an answer, an address or a secret."""

from __future__ import annotations

import logging
import re
import secrets
import sys
from time import perf_counter

import structlog
from flask import Flask, Response, g, request
from structlog.typing import Processor

ID = re.compile(r"[A-Za-z0-9-]{8,64}")
QUIET_ENDPOINTS = {"static", "health.alive", "health.ready"}

log = structlog.get_logger("quizapp")


def init_app(app: Flask) -> None:
    if not app.testing and not structlog.is_configured():
        configure()
    app.before_request(begin)
    app.after_request(end)


def configure() -> None:
    """JSON lines on standard error, from our own events and from the libraries’ loggers alike."""
    stamp: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*stamp, structlog.processors.JSONRenderer()],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    renderer = structlog.processors.JSONRenderer()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=stamp, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer]
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


def begin() -> None:
    sent = request.headers.get("X-Request-ID", "")
    g.request_id = sent if ID.fullmatch(sent) else secrets.token_hex(8)
    g.began = perf_counter()


def end(response: Response) -> Response:
    if "request_id" not in g:
        return response
    response.headers["X-Request-ID"] = g.request_id
    if request.endpoint not in QUIET_ENDPOINTS or response.status_code >= 500:
        actor = g.get("actor")
        log.info(
            "request",
            request_id=g.request_id,
            method=request.method,
            endpoint=request.endpoint,
            status=response.status_code,
            milliseconds=round((perf_counter() - g.began) * 1000, 1),
            user=actor.id if actor else None,
        )
    return response
