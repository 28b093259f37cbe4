"""Who passes before enough others have answered is told later how they did"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.add_column("participation", sa.Column("peers_awaited", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("participation", "peers_awaited")
