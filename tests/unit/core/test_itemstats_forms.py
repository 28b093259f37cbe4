"""Figures of a common form: against Moodle's own worked example, against known values, and recomputed the long way."""

from __future__ import annotations

import itertools
import math
import random
import statistics

import numpy as np
import pytest

from quizapp.core.itemstats import forms

# The marks of 25 people on seven questions, and what must come out, are those of the worked example that Moodle tests
# its quiz statistics with (mod/quiz/report/statistics, data set 00; the expected values come from a spreadsheet).
# Marks in thirtieths, so that halves, thirds and fifths are integers.
WHOLE = 30
MARKS = [
    [30, 30, 30, 30, 30, 0, 30], [30, 30, 30, 30, 15, 30, 0], [30, 30, 30, 30, 15, 0, 30], [0, 0, 30, 30, 30, 0, 0],
    [30, 0, 30, 0, 0, 30, 15], [30, 30, 30, 30, 15, 0, 15], [0, 30, 30, 30, 15, 30, 15], [30, 30, 30, 0, 15, 30, 15],
    [30, 0, 30, 30, 30, 30, 30], [0, 30, 30, 0, 15, 30, 15], [24, 0, 30, 30, 15, 30, 15], [30, 30, 30, 0, 15, 30, 30],
    [30, 0, 30, 30, 15, 30, 15], [30, 0, 30, 30, 30, 0, 15], [0, 0, 30, 30, 0, 30, 30], [30, 0, 30, 0, 15, 30, 30],
    [24, 0, 30, 30, 15, 0, 30], [30, 0, 30, 30, 0, 30, 15], [30, 0, 30, 30, 15, 0, 15], [0, 30, 30, 0, 15, 30, 0],
    [30, 30, 10, 30, 15, 0, 15], [30, 30, 30, 0, 15, 0, 15], [30, 30, 30, 30, 0, 30, 15], [0, 0, 30, 0, 15, 30, 30],
    [0, 0, 30, 30, 30, 30, 30],
]  # fmt: skip
# facility, sd, effective weight (%), discrimination index (%), discriminative efficiency (%)
EXPECTED = [
    (0.704, 0.4513682901, 21.2922742344, -7.0650767526, -9.4550536967),
    (0.48, 0.5099019514, 18.8979800309, -28.8982125772, -36.7834118938),
    (0.973333332, 0.13333334, 4.443012573, -9.1230674268, -21.6545012165),
    (0.68, 0.4760952286, 18.9347251357, -22.6306444113, -31.4411395613),
    (0.52, 0.3055050463, 11.1450138688, -17.6997047674, -21.1794802584),
    (0.64, 0.4898979486, 9.8081339177, -45.3785178421, -56.9365974439),
    (0.62, 0.331662479, 15.4788602394, -5.6543166602, -6.5043742058),
]
TEST = {
    "median": 4.5, "mean": 4.617333332, "sd": 0.8117265554, "skewness": -0.092502502, "kurtosis": -0.7073968557,
    "alpha": -0.872230935542, "error_ratio": 1.368294900795, "sem": 1.1106813066,
}  # fmt: skip


@pytest.fixture
def worked() -> forms.Form:
    form = forms.analyse(MARKS, [WHOLE] * 7)
    assert form is not None
    return form


def test_the_figures_of_the_questions_are_those_of_the_worked_example(worked: forms.Form) -> None:
    for column, (facility, sd, effective, discrimination, efficiency) in zip(worked.columns, EXPECTED, strict=True):
        assert column.discrimination is not None
        assert column.effective is not None
        assert column.efficiency is not None
        assert column.facility.value == pytest.approx(facility, rel=1e-5)
        assert column.sd == pytest.approx(sd, rel=1e-5)
        assert 100 * column.effective == pytest.approx(effective, rel=1e-5)
        assert 100 * column.discrimination.value == pytest.approx(discrimination, rel=1e-5)
        assert 100 * column.efficiency == pytest.approx(efficiency, rel=1e-5)
        assert column.intended == pytest.approx(1 / 7)


def test_the_figures_of_the_form_are_those_of_the_worked_example(worked: forms.Form) -> None:
    assert worked.alpha is not None
    found = {name: getattr(worked, name) for name in TEST} | {"alpha": worked.alpha.value}
    for name in ("median", "mean", "sd", "sem"):
        found[name] /= WHOLE
    assert found == {name: pytest.approx(value, rel=1.5e-5) for name, value in TEST.items()}
    assert not worked.dichotomous


def test_the_figures_are_those_of_a_straightforward_recomputation() -> None:
    rng = random.Random(3)
    ability = [rng.gauss(0, 1) for _ in range(180)]
    most = [1, 1, 2, 4, 1, 3]
    marks = [[sum(rng.random() < 1 / (1 + math.exp(-a)) for _ in range(top)) for top in most] for a in ability]
    form = forms.analyse(marks, most)
    assert form is not None
    table = np.array(marks, dtype=float)
    total = table.sum(axis=1)
    roots = []
    for place, column in enumerate(form.columns):
        x, rest = table[:, place], total - table[:, place]
        assert column.facility.value == pytest.approx(x.mean() / most[place])
        assert column.sd == pytest.approx(x.std(ddof=1) / most[place])
        assert column.discrimination is not None
        assert column.discrimination.value == pytest.approx(np.corrcoef(x, rest)[0, 1])
        largest = np.cov(np.sort(x), np.sort(rest))[0, 1]
        assert column.efficiency == pytest.approx(np.cov(x, rest)[0, 1] / largest)
        roots.append(math.sqrt(np.cov(x, total)[0, 1]))
    assert [column.effective for column in form.columns] == [pytest.approx(r / sum(roots)) for r in roots]
    assert form.alpha is not None
    k = len(most)
    assert form.alpha.value == pytest.approx(k / (k - 1) * (1 - table.var(axis=0, ddof=1).sum() / total.var(ddof=1)))
    assert form.alpha.low < form.alpha.value < form.alpha.high
    assert form.median == statistics.median(total)


def test_alpha_of_right_and_wrong_is_kr_20() -> None:
    marks = [[1, 1, 1, 1], [1, 1, 1, 0], [1, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]]  # a perfect scale of Guttman
    form = forms.analyse(marks, [1] * 4)
    assert form is not None
    # By hand: p = .8, .6, .4, .2; Σpq = .8; the totals 4, 3, 2, 1, 0 have the variance 2 over n; 4/3 · (1 − .8/2) = .8.
    assert form.alpha is not None
    assert form.alpha.value == pytest.approx(0.8)
    assert form.dichotomous
    assert form.sem == pytest.approx(math.sqrt(2.5) * math.sqrt(0.2))


def test_upper_less_lower_by_hand_and_with_ties_at_the_edge() -> None:
    # Eleven people, groups of three: totals 9 9 8 | … | 2 1 1, told apart by the second question.
    marks = [[1, 8], [1, 8], [1, 7], [0, 6], [0, 5], [1, 4], [0, 5], [0, 4], [1, 1], [0, 1], [0, 1]]
    form = forms.analyse(marks, [1, 9])
    assert form is not None
    assert form.columns[0].upper_lower == pytest.approx(1 - 1 / 3)
    # The edge of the upper group falls among three who tie; each counts for a third of the one place that is left.
    tied = [[1, 8], [1, 8], [1, 5], [0, 6], [0, 6], [0, 2], [0, 2], [0, 2], [0, 1], [0, 1], [0, 0]]
    form = forms.analyse(tied, [1, 9])
    assert form is not None
    assert form.columns[0].upper_lower == pytest.approx((1 + 1 + 1 / 3) / 3)


def test_nothing_depends_on_the_order_of_people() -> None:
    mixed = list(MARKS)
    random.Random(1).shuffle(mixed)
    assert forms.analyse(mixed, [WHOLE] * 7) == forms.analyse(MARKS, [WHOLE] * 7)


def test_choices_say_who_chose_them() -> None:
    marks = [[1, 1], [1, 1], [0, 0], [0, 1]]
    chosen = [[["b"], []], [["b"], []], [["a"], []], [["a", "a"], []]]
    form = forms.analyse(marks, [1, 1], chosen)
    assert form is not None
    a, b = form.columns[0].choices
    assert (a.name, a.n, a.rest, b.name, b.n, b.rest) == ("a", 2, 0.5, "b", 2, 1.0)
    assert (a.upper, b.upper, a.lower, b.lower) == (0, 1, 1, 0)
    assert form.columns[1].choices == ()


def test_where_nobody_differs_there_are_no_figures_of_difference() -> None:
    form = forms.analyse([[1, 1], [1, 1], [1, 1]], [1, 1])
    assert form is not None
    assert (form.alpha, form.sem, form.skewness, form.kurtosis) == (None, None, None, None)
    for column in form.columns:
        assert (column.discrimination, column.efficiency, column.effective, column.upper_lower) == (None, None, None, 0)
        assert column.facility.value == 1


def test_a_question_against_the_rest_has_no_effective_weight() -> None:
    marks = [[1, 0, 0], [1, 0, 0], [0, 1, 1], [0, 1, 1]]
    form = forms.analyse(marks, [1] * 3)
    assert form is not None
    assert form.columns[0].effective is None
    assert sum(column.effective or 0 for column in form.columns) == pytest.approx(1)


def test_few_people_and_ragged_tables() -> None:
    assert forms.analyse([], [1]) is None
    assert forms.analyse([[1]], [1]) is None
    with pytest.raises(ValueError, match="every question"):
        forms.analyse([[1], [1, 0]], [1, 1])
    for n in (2, 3):
        form = forms.analyse([[i % 2, 1] for i in range(n)], [1, 1])
        assert form is not None
        assert form.kurtosis is None
    assert all(forms.analyse([list(row) for row in rows], [1]) for rows in itertools.product([(0,), (1,)], repeat=2))
