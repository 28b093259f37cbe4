"""The load: learners who ask again as soon as they are answered, in a process of its own.

Reads a plan as JSON from standard input, prints what it measured as JSON. Plain sockets that stay open, requests made
before the clock starts where that is possible: this process must wait for the server, not the other way round; `busy`
says how much of its time it worked. Only the standard library, so that it starts at once.
"""

from __future__ import annotations

import http.client
import json
import re
import selectors
import socket
import sqlite3
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
WARM_UP = 0.15
"""Part of the time that is not counted."""
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


def request(method: str, path: str, cookie: str, body: str = "") -> bytes:
    """The bytes of a request on a connection that stays open."""
    head = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    if cookie:
        head.append(f"Cookie: {cookie}")
    if method == "POST":
        head += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
    return ("\r\n".join(head) + "\r\n\r\n" + body).encode()


def asks(plan: dict[str, Any], learner: dict[str, Any]) -> Iterator[bytes]:
    """What one learner sends, one request after the other; ends when there is nothing left to answer."""
    if "blocks" not in learner:
        fixed = request(plan["method"], learner["path"], learner["cookie"])
        while True:
            yield fixed
    tables = sqlite3.connect(f"file:{plan['database']}?mode=ro", uri=True, isolation_level=None)
    for sitting_id, size, cookie, csrf_token in learner["blocks"]:
        for position in range(size):
            (shown,) = tables.execute(
                "SELECT id FROM presentation WHERE sitting_id = ? AND position = ?", (sitting_id, position)
            ).fetchone()
            fields = {"csrf_token": csrf_token, "part": "1", "choice": "1", "confidence": "sure"}
            yield request("POST", f"/question/{shown}/answer", cookie, urlencode(fields))


def press(plan: dict[str, Any]) -> dict[str, Any]:
    """Ask until the time is over or somebody has nothing left to answer. `ms` are the waiting times in order, those of
    the first moments left out; `all` counts these requests too."""
    waiting = selectors.DefaultSelector()
    for learner in plan["learners"]:
        connection = socket.create_connection(("127.0.0.1", plan["port"]))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        waiting.register(connection, selectors.EVENT_READ, {"asks": asks(plan, learner), "sent": 0.0, "got": b""})
    began = time.perf_counter()
    for key in list(waiting.get_map().values()):
        _send(key.fileobj, key.data)
    counting, end = began + WARM_UP * plan["seconds"], began + plan["seconds"]
    taken: list[float] = []
    answered = 0
    worked = time.process_time()
    finished = False
    while not finished and (now := time.perf_counter()) < end:
        for key, _ in waiting.select(end - now):
            state = key.data
            state["got"] += key.fileobj.recv(262_144)  # type: ignore[union-attr]
            if not _complete(state["got"], plan["status"]):
                continue
            now = time.perf_counter()
            answered += 1
            if state["sent"] >= counting:
                taken.append((now - state["sent"]) * 1000)
            state["got"] = b""
            finished = finished or not _send(key.fileobj, state)
    seconds = time.perf_counter() - counting
    busy = (time.process_time() - worked) / (time.perf_counter() - began)
    return {"requests": len(taken), "all": answered, "seconds": seconds, "busy": busy, "ms": sorted(taken)}


def _send(connection: Any, state: dict[str, Any]) -> bool:
    wanted = next(state["asks"], None)
    if wanted is None:
        return False
    state["sent"] = time.perf_counter()
    connection.sendall(wanted)
    return True


def _complete(got: bytes, status: int) -> bool:
    head, rest, body = got.partition(b"\r\n\r\n")
    if not rest:
        return False
    if int(head[9:12]) != status:
        raise SystemExit(f"expected {status}: {got[:600]!r}")
    length = LENGTH.search(head)
    return length is None or len(body) >= int(length.group(1))


def sign_in(plan: dict[str, Any]) -> dict[str, Any]:
    """People who sign in at a steady pace, each in a new browser, whether or not those before have been let in."""
    taken: list[float] = []
    failed: list[str] = []
    threads = []
    began = time.perf_counter()
    for number in range(int(plan["seconds"] * plan["per_second"])):
        time.sleep(max(0.0, began + number / plan["per_second"] - time.perf_counter()))
        email = plan["emails"][number % len(plan["emails"])]
        one = threading.Thread(
            target=_sign_in, args=(plan, email, f"10.0.{number // 250}.{number % 250}", taken, failed)
        )
        one.start()
        threads.append(one)
    for one in threads:
        one.join()
    if failed:
        raise SystemExit(failed[0])
    return {"ms": sorted(taken)}


def _sign_in(plan: dict[str, Any], email: str, address: str, taken: list[float], failed: list[str]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", plan["port"], timeout=30)
    headers = {"X-Forwarded-For": address}
    connection.request("GET", "/login", headers=headers)
    answer = connection.getresponse()
    found = TOKEN.search(answer.read().decode())
    headers |= {"Cookie": answer.headers["Set-Cookie"].partition(";")[0]}
    headers |= {"Content-Type": "application/x-www-form-urlencoded"}
    fields = {"csrf_token": found[1] if found else "", "email": email, "password": plan["password"]}
    began = time.perf_counter()
    connection.request("POST", "/login", urlencode(fields), headers)
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 302:
        failed.append(f"{email} was not let in: {answer.status} {body[:600]!r}")
    taken.append((time.perf_counter() - began) * 1000)


if __name__ == "__main__":
    wanted = json.load(sys.stdin)
    json.dump((sign_in if "emails" in wanted else press)(wanted), sys.stdout)
