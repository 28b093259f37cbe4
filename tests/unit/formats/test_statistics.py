"""The numbers of a bank, counted once by hand."""

from __future__ import annotations

from pathlib import Path

from quizapp.formats import statistics, tree

GOOD = Path(__file__).parents[2] / "data" / "content" / "good"


def test_a_bank_is_counted_as_by_hand() -> None:
    [numbers] = statistics.count(tree.read(GOOD / "lessons", GOOD / "question_banks"))

    assert (numbers.bank, numbers.items, numbers.drafts, numbers.signed) == ("brakes", 2, 0, 0)
    assert numbers.types == {"single_best_answer": 2}
    assert numbers.pools == {"practice": 1, "secure": 1}
    assert numbers.bloom == {"remember": 0, "understand": 1, "apply": 1, "analyse": 0, "evaluate": 0}
    assert numbers.applied == 0.5
    assert numbers.keys == {"A": 1, "B": 1, "C": 0}
    aims = {aim.id: (aim.practice, aim.secure) for aim in numbers.aims}
    assert (aims["LN2"], aims["LN3"]) == ((1, 0), (0, 1))
    # “An autoreceptor” (15) over “A heteroreceptor” (16), “serotonin” (9) over “noradrenaline” (13).
    assert numbers.key_length == (15 / 16 + 9 / 13) / 2


def test_a_draft_counts_as_a_draft_only() -> None:
    files, _ = tree.gather(GOOD / "lessons", GOOD / "question_banks")
    path = "question_banks/brakes/items.yaml"
    files[path] = files[path].replace(b"state: published\n", b"", 1)
    [numbers] = statistics.count(tree.parse(files))
    assert (numbers.items, numbers.drafts, sum(numbers.types.values())) == (1, 1, 1)
