"""What was drawn for a question, in the log and in what a learner has met; questions of before draw nothing"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("response", sa.Column("variant", sa.String(length=16), nullable=True))
    op.add_column("exposure", sa.Column("variants", sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    op.drop_column("exposure", "variants")
    op.drop_column("response", "variant")
