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


@dataclass(frozen=True, slots=True)
class Gap:
    """The difference of two means in units of its standard error (Welch), and the difference itself."""

    by: float
    z: float


def gap(one: Sums, other: Sums) -> Gap | None:
    """How far the mean of `one` lies above that of `other`; None below two values on either side or without spread."""
    if one.n < 2 or other.n < 2:
        return None
    error = root(one.variance / one.n + other.variance / other.n)
    by = float(one.mean - other.mean)
    return Gap(by, by / error) if error else None
