"""The rules of item-writing: each against the examples of its own page, and against what it must let pass."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from quizapp import paths
from quizapp.bootstrap import ROOT
from quizapp.formats import documents, linting, tree
from quizapp.formats.linting.banks import chance_of
from quizapp.formats.linting.folders import lint_tree

PAGE = (ROOT / "docs" / "linting.md").read_text(encoding="utf-8")
NEAR = Path(__file__).parents[2] / "data" / "linting"
BASE: dict[str, Any] = {
    "id": "q",
    "type": "single_best_answer",
    "state": "published",
    "references": ["textbook"],
    "review_by": "2027-11-01",
    "lead_in": "Which element is it?",
    "options": [{"text": "Gold", "why": "No."}, {"text": "Iron", "key": "true", "why": "Yes."}, {"text": "Zinc"}],
    "take_home": "Iron it is.",
}
BANK_EXAMPLES = {
    "uneven-keys": ([0] * 20, [0, 1, 2, 3] * 5),
    "long-keys": (["a key that is not much longer", "a distractor of less length"] * 10, ["short", "much longer"] * 10),
}


def items_of(text: str) -> list[dict[str, Any]]:
    found, problems = documents.read(re.sub(r" WORDS×(\d+)", lambda m: " word" * int(m[1]), text), "example")
    assert not problems
    return [typed(BASE | document.value) for document in found]


def typed(value: Any) -> Any:
    """Flags as the schema reads them."""
    if isinstance(value, Mapping):
        return {key: part == "true" if key in ("key", "harmful") and part in ("true", "false") else typed(part)
                for key, part in value.items()}  # fmt: skip
    return [typed(part) for part in value] if isinstance(value, list) else value


def rules_found(items: list[dict[str, Any]]) -> set[str]:
    return {finding.rule for finding in linting.lint_bank(items).findings}


@cache
def examples() -> dict[str, list[str]]:
    sections = re.split(r"^### ", PAGE, flags=re.M)[1:]
    return {part.partition("\n")[0]: re.findall(r"^```yaml\n(.*?)^```$", part, re.M | re.S) for part in sections}


def test_every_rule_has_its_section_and_no_section_outlives_its_rule() -> None:
    assert set(examples()) == set(linting.RULES)


@pytest.mark.parametrize("rule", sorted(set(linting.RULES) - set(BANK_EXAMPLES)))
def test_a_rule_finds_its_bad_example_and_nothing_is_wrong_with_the_good_one(rule: str) -> None:
    assert len(examples()[rule]) == 2, "one bad and one good example"
    bad, good = (items_of(text) for text in examples()[rule])
    assert rule in rules_found(bad)
    assert rules_found(good) == set()


def bank(places: list[int]) -> list[dict[str, Any]]:
    def options(place: int) -> list[dict[str, Any]]:
        return [{"text": name, "key": at == place} for at, name in enumerate(("Iron", "Lead", "Zinc", "Gold"))]

    return [BASE | {"id": f"q{n}", "options": options(place)} for n, place in enumerate(places)]


def test_keys_that_crowd_in_one_place_are_found() -> None:
    bad, good = BANK_EXAMPLES["uneven-keys"]
    assert "uneven-keys" in rules_found(bank(bad))
    assert rules_found(bank(good)) == set()


def test_the_chance_of_places_is_that_of_the_chi_square_test() -> None:
    assert chance_of([(0, 2)] * 30 + [(1, 2)] * 10) == pytest.approx(0.001565, abs=1e-6)
    assert chance_of([(place, 4) for place in (0,) * 12 + (1,) * 10 + (2,) * 9 + (3,) * 9]) == pytest.approx(
        0.89643, abs=1e-4
    )


def test_keys_that_are_long_on_the_whole_are_found() -> None:
    def sized(key: int, other: int) -> list[dict[str, Any]]:
        texts = [{"text": "k" * key, "key": True}, {"text": "d" * other}, {"text": "e" * (other - 2)}]
        return [BASE | {"id": f"q{n}", "options": texts[n % 3 :] + texts[: n % 3]} for n in range(18)]

    assert rules_found(sized(24, 20)) == {"long-keys"}
    assert rules_found(sized(21, 20)) == set()


def test_a_reason_excuses_its_own_rule_only() -> None:
    item = items_of(examples()["all-or-none"][0])[0]
    report = linting.lint(item | {"lint": {"all-or-none": "Said so."}})
    assert (report.findings, [finding.rule for finding in report.excused]) == ((), ["all-or-none"])
    assert [finding.rule for finding in linting.lint(item | {"lint": {}}).findings] == ["all-or-none"]


def test_one_item_is_judged_without_its_bank_and_a_reason_for_a_rule_of_banks_is_not_idle_there() -> None:
    item = BASE | {"lint": {"given-away": "It is a repetition on purpose."}}
    assert linting.lint(item).findings == ()
    assert [finding.rule for finding in linting.lint_bank([item]).findings] == ["idle-reason"]


@pytest.mark.parametrize("file", sorted(NEAR.glob("*.yaml")), ids=lambda file: file.stem)
def test_what_comes_near_a_rule_is_judged_as_a_reader_would(file: Path) -> None:
    """Each document names in `note` the rules that must find it; an empty one lets it pass."""
    for item in items_of(file.read_text(encoding="utf-8")):
        wanted = set(item.pop("note", "").split())
        assert rules_found([item]) == wanted, item.get("lead_in")


def test_the_shipped_questions_keep_the_rules_or_say_why_not() -> None:
    found = lint_tree(tree.read(paths.lessons(), paths.question_banks()))
    assert [str(each.problem) for each in found if each.reason is None] == []


@pytest.mark.parametrize(
    ("stem", "leaks"),
    [
        ("After six weeks carbamazepine had sped up the breakdown of mirtazapine in him.", True),
        ("After six weeks carbamazepine had been stopped; mirtazapine goes on.", False),
        ("Has carbamazepine sped up the breakdown of other drugs than mirtazapine?", True),
    ],
)
def test_a_sentence_that_tells_another_key_is_found_where_the_question_itself_says_nothing(
    stem: str, leaks: bool
) -> None:
    texts = ("Carbamazepine has slowed mirtazapine", "Carbamazepine has sped up the breakdown of mirtazapine")
    asked = BASE | {
        "id": "asked",
        "lead_in": "What has most likely happened?",
        "options": [{"text": text, "key": text == texts[1]} for text in (*texts, "Mirtazapine has been taken up less")],
    }
    found = linting.lint_bank([asked, BASE | {"id": "other", "stem": stem}]).findings
    assert [finding.item for finding in found if finding.rule == "given-away"] == ["asked"] * leaks


def test_an_option_of_another_question_gives_nothing_away() -> None:
    bad = items_of(examples()["given-away"][0])
    told = bad[1].pop("stem")
    assert "given-away" not in rules_found([bad[0], bad[1] | {"options": [{"text": told}, *bad[1]["options"]]}])


def test_a_finding_stands_at_its_line() -> None:
    text = "id: q\ntype: single_best_answer\nobjective: LN1\nbloom: apply\ndifficulty: easy\n"
    text += "lead_in: Which drug is not a NaSSA?\noptions:\n"
    text += "".join(f"- id: {name}\n  text: Drug {name}\n{key}  why: So.\n" for name, key in (
        ("a", ""), ("b", "  key: true\n"), ("c", "")))  # fmt: skip
    files = {"question_banks/one/items.yaml": (text + "take_home: So.\n").encode()}
    assert [str(each.problem) for each in lint_tree(tree.parse(files))] == [
        "question_banks/one/items.yaml:6: negative-lead-in: q: “not” is read over; ask for what is, or set it in "
        "**bold**."
    ]


def test_one_question_beside_its_bank_is_judged_as_the_bank_judges_it() -> None:
    found = tree.read(paths.lessons(), paths.question_banks())
    items = [entry.content for entry in found.of("item") if entry.group == "nassa"]
    items += items_of(examples()["given-away"][0])
    reasons = {"negative-lead-in": "So asked on purpose.", "stray-space": "Nothing is stray."}
    items.append(BASE | {"id": "excused", "lead_in": "Which is not a drug?", "lint": reasons})
    whole = linting.lint_bank(items)
    assert whole.excused
    assert "given-away" in {one.rule for one in whole.findings}
    for item in items:
        report = linting.lint_beside(item, [other for other in items if other is not item])
        for told, of_all in ((report.findings, whole.findings), (report.excused, whole.excused)):
            assert set(told) == {one for one in of_all if one.item == item["id"]}, item["id"]
