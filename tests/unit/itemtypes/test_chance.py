"""The chance of a blind guess, held against every answer that could be given: mastery rests on it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

import pytest

from quizapp import itemtypes

Json = dict[str, Any]
IDS = "abcdefgh"


def options(keys: int, size: int) -> list[Json]:
    return [
        {"id": name, "text": name, "key": place < keys, "why": "", "trap": ""} for place, name in enumerate(IDS[:size])
    ]


def right_among(name: str, content: Json, answers: Iterable[Json]) -> float:
    marks = [itemtypes.get(name).grade(content, answer).right for answer in answers]
    return sum(marks) / len(marks)


@pytest.mark.parametrize("scoring", ["all_or_nothing", "per_option"])
@pytest.mark.parametrize(("keys", "size"), [(1, 4), (2, 5), (4, 6), (5, 7)])
def test_of_all_choices_of_a_multiple_response(scoring: str, keys: int, size: int) -> None:
    content = {"options": options(keys, size), "scoring": scoring}
    answers = (
        {"choices": list(chosen)} for n in range(1, size + 1) for chosen in itertools.combinations(IDS[:size], n)
    )
    assert itemtypes.get("multiple_response").chance(content) == pytest.approx(
        right_among("multiple_response", content, answers)
    )


@pytest.mark.parametrize("scoring", ["all_or_nothing", "per_row"])
@pytest.mark.parametrize(("rows", "columns"), [(3, 2), (4, 3), (5, 2), (6, 2)])
def test_of_all_ways_to_fill_a_matrix(scoring: str, rows: int, columns: int) -> None:
    content = {
        "columns": [{"id": name, "text": name} for name in IDS[:columns]],
        "rows": [{"id": str(row), "text": "", "key": IDS[row % columns], "why": ""} for row in range(rows)],
        "scoring": scoring,
    }
    answers = (
        {"rows": {str(row): choice for row, choice in enumerate(given)}}
        for given in itertools.product(IDS[:columns], repeat=rows)
    )
    assert itemtypes.get("matrix").chance(content) == pytest.approx(right_among("matrix", content, answers))


@pytest.mark.parametrize("scoring", ["all_or_nothing", "adjacent_pairs"])
@pytest.mark.parametrize("size", [3, 5, 6, 7])
def test_of_all_orders_but_the_one_that_is_shown(scoring: str, size: int) -> None:
    content = {"elements": [{"id": name, "text": name, "why": ""} for name in IDS[:size]], "scoring": scoring}
    answers = (
        {"places": {name: place for place, name in enumerate(order, 1)}} for order in itertools.permutations(IDS[:size])
    )
    every_order = right_among("ordering", content, answers)
    orders = len(list(itertools.permutations(range(size))))
    assert itemtypes.get("ordering").chance(content) == pytest.approx(every_order * orders / (orders - 1))
