"""The tables. History is append-only; what is derived can be rebuilt from it; published content is written once.

Nothing here decides anything. Learner tables lead their keys with the learner. There is no ON DELETE CASCADE: history
is never deleted by a side effect.
"""

from quizapp.db.models.auditing import AuditDetail, AuditEvent
from quizapp.db.models.authoring import BankMember, Comment, Decision, Draft
from quizapp.db.models.base import UTC, Base, Json, table
from quizapp.db.models.content import (
    Content,
    ContentVersion,
    Item,
    KeyChange,
    Link,
    LoadedFrom,
    Media,
    Publication,
    Published,
)
from quizapp.db.models.derived import Ability, Exposure, ItemStat, Memory, Recount
from quizapp.db.models.estimates import Calibration, ItemParameter, MemoryFit
from quizapp.db.models.people import ExamDate, LearnerSettings, LoginSession, Outbox, User, UserRole, WebAuthn
from quizapp.db.models.sittings import (
    Mark,
    MissCause,
    Note,
    Presentation,
    ProblemReport,
    Regrade,
    Response,
    SavedAnswer,
    Sitting,
)
from quizapp.db.models.teaching import (
    Accommodation,
    Assignment,
    Challenge,
    Cohort,
    CohortMember,
    CohortStaff,
    Invitation,
    Ruling,
)

__all__ = [
    "UTC",
    "Ability",
    "Accommodation",
    "Assignment",
    "AuditDetail",
    "AuditEvent",
    "BankMember",
    "Base",
    "Calibration",
    "Challenge",
    "Cohort",
    "CohortMember",
    "CohortStaff",
    "Comment",
    "Content",
    "ContentVersion",
    "Decision",
    "Draft",
    "ExamDate",
    "Exposure",
    "Invitation",
    "Item",
    "ItemParameter",
    "ItemStat",
    "Json",
    "KeyChange",
    "LearnerSettings",
    "Link",
    "LoadedFrom",
    "LoginSession",
    "Mark",
    "Media",
    "Memory",
    "MemoryFit",
    "MissCause",
    "Note",
    "Outbox",
    "Presentation",
    "ProblemReport",
    "Publication",
    "Published",
    "Recount",
    "Regrade",
    "Response",
    "Ruling",
    "SavedAnswer",
    "Sitting",
    "User",
    "UserRole",
    "WebAuthn",
    "table",
]
