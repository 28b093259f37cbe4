"""The common odds ratio of a right answer over strata of people who are alike: Mantel and Haenszel (1959, JNCI 22:719),
with the variance of Robins, Breslow and Greenland (1986, Biometrics 42:311)."""

from __future__ import annotations

import math
from collections.abc import Sequence

Stratum = tuple[int, int]
"""Right answers, and all."""


def common_odds(
    focal: Sequence[Stratum], reference: Sequence[Stratum], more: float = 0.0
) -> tuple[float, float] | None:
    """The log of the common odds ratio and its standard error; None where nobody of like ability can be compared.

    `more` is added to every count: half a one where a group was right throughout, or never, and the odds would have no
    bound.
    """
    r = s = pr = mixed = qs = 0.0
    for (focal_right, focal_n), (reference_right, reference_n) in zip(focal, reference, strict=True):
        if not focal_n or not reference_n:
            continue
        a, b = focal_right + more, focal_n - focal_right + more
        c, d = reference_right + more, reference_n - reference_right + more
        t = a + b + c + d
        p, q = (a + d) / t, (b + c) / t
        here_r, here_s = a * d / t, b * c / t
        r, s = r + here_r, s + here_s
        pr, mixed, qs = pr + p * here_r, mixed + p * here_s + q * here_r, qs + q * here_s
    if r == 0 or s == 0:
        comparable = any(one[1] and other[1] for one, other in zip(focal, reference, strict=True))
        return common_odds(focal, reference, 0.5) if comparable and not more else None
    return math.log(r / s), math.sqrt(pr / (2 * r * r) + mixed / (2 * r * s) + qs / (2 * s * s))
