"""The linter over content files: which line of which file a finding belongs to."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from quizapp.formats import Problem
from quizapp.formats.entries import content_of
from quizapp.formats.linting import lint_bank
from quizapp.formats.linting.found import Finding
from quizapp.formats.native import ItemHead
from quizapp.formats.tree import Entry, Tree


@dataclass(frozen=True, order=True)
class Placed:
    """A finding as a problem of a file. `reason` is what the author has given for leaving it as it is."""

    problem: Problem
    item: str
    reason: str | None = None


def lint_tree(tree: Tree, files: Collection[str] | None = None) -> list[Placed]:
    """Everything the linter finds in the banks, sorted by file and line; with `files`, only what stands in these."""
    banks: dict[str, dict[str, Entry]] = {}
    for entry in tree.of("item"):
        banks.setdefault(entry.group, {})[entry.id] = entry
    placed = []
    for bank, entries in banks.items():
        report = lint_bank([content_of(entry.fields) for entry in entries.values()])
        placed += [
            _place(finding, entries.get(finding.item), f"question_banks/{bank}/bank.yaml")
            for finding in (*report.findings, *report.excused)
        ]
    return sorted(each for each in placed if files is None or each.problem.file in files)


def _place(finding: Finding, entry: Entry | None, bank_file: str) -> Placed:
    if entry is None or not isinstance(entry.fields, ItemHead):
        return Placed(Problem(bank_file, 1, finding.rule, finding.message), "")
    line = entry.document.line_of(finding.path)
    reason = entry.fields.lint.get(finding.rule)
    return Placed(Problem(entry.file, line, finding.rule, f"{entry.id}: {finding.message}"), entry.id, reason)
