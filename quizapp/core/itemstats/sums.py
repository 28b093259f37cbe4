"""Means, variances and correlations from integer sums, exact until the last division."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Sums:
    """How many values, their sum and the sum of their squares."""

    n: int
    total: int
    squares: int

    @classmethod
    def of(cls, values: Iterable[int]) -> Sums:
        held = list(values)
        return cls(len(held), sum(held), sum(value * value for value in held))

    @property
    def mean(self) -> Fraction:
        """Raises ZeroDivisionError of nothing."""
        return Fraction(self.total, self.n)

    @property
    def variance(self) -> Fraction:
        """With n − 1 below. Raises ZeroDivisionError below two values."""
        return Fraction(self.n * self.squares - self.total**2, self.n * (self.n - 1))


@dataclass(frozen=True, slots=True)
class Pairs:
    """The sums of n pairs of integers: of each side, of their squares, and of their products."""

    x: Sums
    y: Sums
    products: int

    @classmethod
    def of(cls, x: Iterable[int], y: Iterable[int]) -> Pairs:
        left, right = list(x), list(y)
        return cls(Sums.of(left), Sums.of(right), sum(a * b for a, b in zip(left, right, strict=True)))

    @property
    def covariance(self) -> Fraction:
        """With n − 1 below. Raises ZeroDivisionError below two pairs."""
        n = self.x.n
        return Fraction(n * self.products - self.x.total * self.y.total, n * (n - 1))

    @property
    def correlation(self) -> float | None:
        """Pearson's r; None where one side does not vary or there are fewer than two pairs."""
        if self.x.n < 2:
            return None
        spread = self.x.variance * self.y.variance
        if spread == 0:
            return None
        return math.copysign(root(self.covariance**2 / spread), self.covariance)


def root(value: Fraction) -> float:
    """The square root; nought for what is below nought."""
    return math.sqrt(value) if value > 0 else 0.0


def _share_of_error(held: Sums) -> float:
    """The variance of a mean, rounded once: a page asks for thousands, and fractions took a third of its time."""
    return (held.n * held.squares - held.total**2) / (held.n**2 * (held.n - 1))


def gap(one: Sums, other: Sums) -> float | None:
    """How far the mean of `one` lies above that of `other`, as a standard normal value; None below two values on either
    side or without spread.

    Welch's t with its degrees of freedom (1947, Biometrika 34:28), made normal by Wallace's approximation (1959, Ann
    Math Stat 30:1121), because with few values t strays further than a normal value.
    """
    if one.n < 2 or other.n < 2:
        return None
    shares = _share_of_error(one), _share_of_error(other)
    error = sum(shares)
    if not error:
        return None
    t = (one.total * other.n - other.total * one.n) / (one.n * other.n) / math.sqrt(error)
    df = error**2 / (shares[0] ** 2 / (one.n - 1) + shares[1] ** 2 / (other.n - 1))
    z = (8 * df + 1) / (8 * df + 3) * math.sqrt(df * math.log1p(t * t / df))
    return math.copysign(z, t)
