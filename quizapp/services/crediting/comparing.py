"""How others answered the questions of a test: shown once enough have, and told later by mail to those who passed
before."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.itemstats.tallies import ALL, EVER
from quizapp.db.models import (
    ActivityVersion,
    ContentVersion,
    ItemStat,
    Participation,
    Presentation,
    Response,
    Sitting,
    table,
)
from quizapp.services.crediting.activities import FEWEST_PEERS
from quizapp.services.crediting.attempts import TEST
from quizapp.services.versions import Version


def get_peers(
    session: Session, versions: Iterable[Version], fewest: int
) -> dict[tuple[int, int, str], tuple[int, int]]:
    """Question, statistics line and part → first answers of everybody, and per cent of them right. Left out are those
    with fewer answers than `fewest`."""
    rows = session.execute(
        sa.select(
            ItemStat.content_id,
            ItemStat.line,
            ItemStat.part,
            sa.func.sum(ItemStat.answers).label("answers"),
            sa.func.sum(ItemStat.right).label("right"),
        )
        .where(
            ItemStat.content_id.in_({version.content_id for version in versions}),
            ItemStat.month == EVER,
            ItemStat.answer_class == ALL,
        )
        .group_by(ItemStat.content_id, ItemStat.line, ItemStat.part)
    )
    return {
        (row.content_id, row.line, row.part): (int(row.answers), round(100 * int(row.right) / int(row.answers)))
        for row in rows
        if row.answers >= fewest
    }


def await_peers(session: Session, participation_id: int) -> None:
    """Keep that somebody passed before enough others had answered, so that they are told later. Inside the deed that
    notes the pass."""
    session.execute(
        sa.update(table(Participation))
        .where(Participation.id == participation_id, ~COMPARABLE)
        .values(peers_awaited=True)
    )


_last_test = (
    sa.select(sa.func.max(Sitting.id))
    .where(Sitting.participation_id == Participation.id, Sitting.purpose == TEST, Sitting.closed_at.is_not(None))
    .correlate(Participation)
    .scalar_subquery()
)
_fewest = (
    sa.select(sa.func.coalesce(ActivityVersion.body["fewest_peers"].as_integer(), FEWEST_PEERS))
    .where(ActivityVersion.id == Participation.version_id)
    .correlate(Participation)
    .scalar_subquery()
)
_answers = (
    sa.select(sa.func.coalesce(sa.func.sum(ItemStat.answers), 0))
    .where(
        ItemStat.content_id == ContentVersion.content_id,
        ItemStat.line == ContentVersion.line,
        ItemStat.part == Response.part,
        ItemStat.month == EVER,
        ItemStat.answer_class == ALL,
    )
    .correlate(ContentVersion, Response)
    .scalar_subquery()
)
COMPARABLE = ~(
    sa.select(Response.id)
    .select_from(Presentation)
    .join(Response, Response.presentation_id == Presentation.id)
    .join(ContentVersion, ContentVersion.id == Presentation.version_id)
    .where(Presentation.sitting_id == _last_test, _answers < _fewest)
    .correlate(Participation)
    .exists()
)
"""Of a `Participation`: whether enough others have answered each question of its last test to compare."""
