"""What a session of questions reveals, allows and schedules, as data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mode:
    """One way of being asked.

    `feedback_at_once`: key and reasons are shown after each answer, else only when the session is released.
    `free_order`: questions may be visited and changed until the session closes, else each is answered once, in turn.
    `asks_confidence`: the answer is sent by Guess / Fairly sure / Sure, else by one button.
    `schedules`: answers move the memory of their objective.
    `pool`: the items it may draw.
    `held`: the result waits until somebody releases it. Nothing that the learner can see may move by it before, so its
    answers move neither memory nor ability: both are shown, and would tell the result.
    """

    name: str
    feedback_at_once: bool
    free_order: bool
    asks_confidence: bool
    schedules: bool
    pool: str = "practice"
    held: bool = False


PRACTICE = Mode("practice", feedback_at_once=True, free_order=False, asks_confidence=True, schedules=True)
REVIEW = Mode("review", feedback_at_once=True, free_order=False, asks_confidence=True, schedules=True)
"""What is due today, chosen by the schedule."""
LEARN = Mode("learn", feedback_at_once=True, free_order=False, asks_confidence=True, schedules=True)
"""The objectives of a lesson, after it was read."""
PLACEMENT = Mode("placement", feedback_at_once=True, free_order=False, asks_confidence=True, schedules=True)
"""What does the learner know already? Each question is chosen by what it tells after the answers before it."""
EXAM = Mode("exam", feedback_at_once=False, free_order=True, asks_confidence=False, schedules=True)
LESSON = Mode("lesson", feedback_at_once=True, free_order=False, asks_confidence=True, schedules=False)
"""A question inside a lesson: an exposure, but asked too soon after reading to tell anything about memory."""

ASSIGNED = Mode("assigned", feedback_at_once=True, free_order=False, asks_confidence=True, schedules=True)
"""A block of practice that an instructor gave."""
GRADED = Mode(
    "graded", feedback_at_once=False, free_order=True, asks_confidence=False, schedules=False, pool="secure", held=True
)
"""An exam that an instructor gave and that decides over somebody."""
FORMATIVE = Mode(
    "formative",
    feedback_at_once=False,
    free_order=True,
    asks_confidence=False,
    schedules=False,
    pool="secure",
    held=True,
)
"""An exam that an instructor gave and that decides nothing."""

CREDIT = Mode("credit", feedback_at_once=False, free_order=True, asks_confidence=False, schedules=False, pool="secure")
"""The test of an activity with credit. Explained when it is handed in; the next attempt asks other questions."""
BEFORE = Mode(
    "before", feedback_at_once=False, free_order=True, asks_confidence=False, schedules=False, pool="secure", held=True
)
"""What an activity asks before its lesson; the result waits until the test is passed, so that it cannot teach it."""
QUARTER = Mode(
    "quarter", feedback_at_once=True, free_order=False, asks_confidence=False, schedules=False, pool="secure"
)
"""The questions of a quarter that carry credit, one by one with their reasons."""

MODES = {
    mode.name: mode
    for mode in (
        PRACTICE, REVIEW, LEARN, PLACEMENT, EXAM, LESSON, ASSIGNED, GRADED, FORMATIVE, CREDIT, BEFORE, QUARTER
    )
}  # fmt: skip
