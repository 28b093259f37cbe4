"""Serving. This process only minds the others, so it imports nothing of the application itself."""

from __future__ import annotations

import os
import subprocess
import sys

import click

WORKERS = 2
THREADS = 4
SECONDS_TO_STOP = 10


@click.command()
@click.option("--local", is_flag=True, help="Set everything up on this machine first, with demo accounts.")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
@click.option("--workers", default=WORKERS, show_default=True, help="Processes that answer requests.")
@click.option("--work/--no-work", "with_work", default=True, help="Run the background work beside the server.")
def serve(*, local: bool, host: str, port: int, workers: int, with_work: bool) -> None:
    """Serve the application."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    if local:
        os.environ["QUIZAPP_LOCAL"] = "1"
        os.environ.setdefault("QUIZAPP_PUBLIC_URL", f"http://localhost:{port}")
        # In a process of its own: the typesetter, which draws figures, starts threads, and in workers that are forked
        # from a process with threads it would wait for them for ever.
        made = subprocess.run([sys.executable, "-m", "quizapp.cli.local"], check=False)
        if made.returncode:
            sys.exit(made.returncode)
    beside = subprocess.Popen([sys.executable, "-m", "quizapp.cli", "work"]) if with_work else None
    server = Granian(
        "quizapp.app:served",
        factory=True,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=THREADS,
        backpressure=256,
        respawn_failed_workers=True,
        workers_kill_timeout=SECONDS_TO_STOP,
        log_level=LogLevels.warning,
        websockets=False,
    )
    try:
        server.serve()
    finally:
        if beside:
            beside.terminate()
            beside.wait(SECONDS_TO_STOP)
