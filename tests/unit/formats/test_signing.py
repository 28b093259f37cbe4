"""A sign-off holds for the words that were read, and for nothing that came later."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from quizapp.formats import crosscheck, signing, tree
from quizapp.formats.native import Fact, ItemHead

GOOD = Path(__file__).parents[2] / "data" / "content" / "good"
TODAY = dt.date(2026, 11, 23)
ITEMS = "question_banks/brakes/items.yaml"


@pytest.fixture
def files() -> dict[str, bytes]:
    return tree.gather(GOOD / "lessons", GOOD / "question_banks")[0]


@pytest.fixture
def signed(files: dict[str, bytes]) -> dict[str, bytes]:
    texts = signing.sign(tree.parse(files), files, ["brakes-1"], by="A. Reader", credentials="MD", on=TODAY)
    return files | {file: text.encode() for file, text in texts.items()}


def spoil(files: dict[str, bytes], old: str, new: str) -> dict[str, bytes]:
    text = files[ITEMS].decode()
    assert old in text
    return files | {ITEMS: text.replace(old, new, 1).encode()}


def item(files: dict[str, bytes], name: str = "brakes-1") -> ItemHead:
    found = tree.parse(files).entries["item", name].fields
    assert isinstance(found, ItemHead)
    return found


def lapsed(files: dict[str, bytes]) -> list[str]:
    return [str(each) for each in crosscheck.check(tree.parse(files), TODAY) if each.rule == "signoff-lapsed"]


def test_a_sign_off_is_written_into_its_item_and_touches_no_other(
    files: dict[str, bytes], signed: dict[str, bytes]
) -> None:
    version = signing.version_of(item(files))
    added = f"signoff:\n  by: A. Reader\n  credentials: MD\n  on: 2026-11-23\n  version: {version}\n"
    assert spoil(files, "review_by: 2027-11-01\n", f"review_by: 2027-11-01\n{added}") == signed
    assert (signing.holds(item(signed)), signing.holds(item(signed, "brakes-2"))) == (True, False)
    assert lapsed(signed) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("lowers its own release.", "lowers its release."),
        ("Which receptor explains this?", "Which receptor explains it?"),
        ("text: An autoreceptor", "text: One autoreceptor"),
        ("It takes transmitter up.", "It takes it up."),
        ("facts: [N10]", "facts: [N12]"),
        ("take_home: An auto", "take_home: Each auto"),
        ("  key: true\n  why: It answers the n", "  why: It answers the n"),
    ],
)
def test_it_lapses_when_a_word_changes_that_was_read(signed: dict[str, bytes], old: str, new: str) -> None:
    changed = spoil(signed, old, new)
    if "key" in old:  # another key, so that the question can still be read
        changed = spoil(changed, "text: A heteroreceptor\n", "text: A heteroreceptor\n  key: true\n")
    assert not signing.holds(item(changed))
    assert lapsed(changed) == [
        f"{ITEMS}:11: signoff-lapsed: “brakes-1” has changed since A. Reader signed it; it counts as not reviewed."
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("difficulty: easy", "difficulty: hard"),
        ("bloom: apply", "bloom: understand"),
        ("  trap: NX3\n", ""),
        ("signoff:\n", "signoff:\n"),
        ("state: published\n", ""),
        ("lesson: brakes#auto\n", ""),
    ],
)
def test_it_stays_when_only_the_order_of_things_changes(signed: dict[str, bytes], old: str, new: str) -> None:
    assert signing.holds(item(spoil(signed, old, new)))


def test_a_part_of_a_case_is_read_too_but_not_its_objective() -> None:
    case = (GOOD.parents[3] / "question_banks/nassa/safety.yaml").read_bytes()

    def version(data: bytes) -> str:
        return signing.version_of(item({"question_banks/nassa/safety.yaml": data}, "nassa-016"))

    assert version(case.replace(b"  objective: LN7", b"  objective: LN1")) == version(case)
    assert version(case.replace(b"grows a", b"shows a")) != version(case)


def test_signing_twice_changes_the_name_and_the_version_only(signed: dict[str, bytes]) -> None:
    changed = spoil(signed, "Which receptor explains this?", "Which receptor explains it?")
    texts = signing.sign(tree.parse(changed), changed, ["brakes-1"], by="B. Reader", credentials="MD", on=TODAY)
    again = item({ITEMS: texts[ITEMS].encode()})
    assert again.signoff is not None
    assert (again.signoff.by, signing.holds(again)) == ("B. Reader", True)


def test_what_is_no_item_and_what_is_not_canonical_is_not_signed(files: dict[str, bytes]) -> None:
    def sign(files: dict[str, bytes], *names: str) -> None:
        signing.sign(tree.parse(files), files, names, by="A. Reader", credentials="MD", on=TODAY)

    with pytest.raises(signing.Unsignable, match="no item “brakes-9”"):
        sign(files, "brakes-1", "brakes-9")
    with pytest.raises(signing.Unsignable, match=r"items\.yaml .* not laid out"):
        sign(spoil(files, "difficulty: easy", "difficulty: 'easy'"), "brakes-1")


def test_nothing_unsigned_or_lapsed_may_decide_over_anybody(signed: dict[str, bytes]) -> None:
    parsed = tree.parse(signed)
    facts = {entry.id: entry.fields for entry in parsed.of("fact") if isinstance(entry.fields, Fact)}
    assert crosscheck.why_not_graded(item(signed), facts) == []
    assert crosscheck.why_not_graded(item(signed, "brakes-2"), facts) == ["no clinician has signed it"]
    changed = item(spoil(signed, "Which receptor explains this?", "Which?"))
    assert crosscheck.why_not_graded(changed, facts) == ["it has changed since it was signed"]
    weak = {name: fact.model_copy(update={"certainty": "Low"}) for name, fact in facts.items()}
    assert crosscheck.why_not_graded(item(signed), weak) == ["N10 is Low"]
