"""Unit tests are about what comes out, never about how long it takes: another process on the machine is no failure."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("unhurried", settings.default, deadline=None)
settings.load_profile("unhurried")
