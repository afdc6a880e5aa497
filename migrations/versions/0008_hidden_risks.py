"""Places where spans of different owners run side by side undeclared, and what the network steward said to each."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.execute("""
    CREATE TABLE hidden_risks (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_hidden_risks PRIMARY KEY,
        reference text NOT NULL CONSTRAINT uq_hidden_risks_reference UNIQUE,
        status text NOT NULL CONSTRAINT ck_hidden_risks_status
            CHECK (status IN ('proposed', 'accepted', 'dismissed')),
        found_at timestamptz NOT NULL,
        within_m numeric NOT NULL CONSTRAINT ck_hidden_risks_within_m CHECK (within_m > 0),
        metres numeric NOT NULL CONSTRAINT ck_hidden_risks_metres CHECK (metres > 0),
        lines jsonb NOT NULL,
        longitude double precision NOT NULL CONSTRAINT ck_hidden_risks_longitude CHECK (longitude BETWEEN -180 AND 180),
        latitude double precision NOT NULL CONSTRAINT ck_hidden_risks_latitude CHECK (latitude BETWEEN -90 AND 90),
        decided_by_id bigint CONSTRAINT fk_hidden_risks_decided_by_id_people REFERENCES people,
        decided_at timestamptz,
        reason text,
        risk_group_id bigint CONSTRAINT fk_hidden_risks_risk_group_id_risk_groups REFERENCES risk_groups,
        CONSTRAINT ck_hidden_risks_decided CHECK ((status = 'proposed') = (decided_at IS NULL)),
        CONSTRAINT ck_hidden_risks_accepted CHECK ((status = 'accepted') = (risk_group_id IS NOT NULL)),
        CONSTRAINT ck_hidden_risks_dismissed CHECK (status <> 'dismissed' OR reason IS NOT NULL)
    );
    CREATE INDEX ix_hidden_risks_status ON hidden_risks (status);
    CREATE INDEX ix_hidden_risks_risk_group_id ON hidden_risks (risk_group_id);

    CREATE TABLE hidden_risk_spans (
        hidden_risk_id bigint NOT NULL CONSTRAINT fk_hidden_risk_spans_hidden_risk_id_hidden_risks
            REFERENCES hidden_risks ON DELETE CASCADE,
        span_id bigint NOT NULL CONSTRAINT fk_hidden_risk_spans_span_id_spans REFERENCES spans,
        CONSTRAINT pk_hidden_risk_spans PRIMARY KEY (hidden_risk_id, span_id)
    );
    CREATE INDEX ix_hidden_risk_spans_span_id ON hidden_risk_spans (span_id);
    """)


def downgrade() -> None:
    op.execute("DROP TABLE hidden_risk_spans; DROP TABLE hidden_risks")
