"""What the log says of repeats and of recall stands with each calibration; runs of before said nothing of either"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("calibration", sa.Column("teach", sa.Double(), nullable=True))
    op.add_column("calibration", sa.Column("teach_error", sa.Double(), nullable=True))
    op.add_column("calibration", sa.Column("correction", sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    op.drop_column("calibration", "correction")
    op.drop_column("calibration", "teach_error")
    op.drop_column("calibration", "teach")
