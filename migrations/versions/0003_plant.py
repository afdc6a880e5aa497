"""The plant: contributions, sites, risk groups, spans, fibre pairs and racks."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute("""
    CREATE TABLE contributions (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_contributions PRIMARY KEY,
        reference text NOT NULL CONSTRAINT uq_contributions_reference UNIQUE,
        member_id bigint CONSTRAINT fk_contributions_member_id_members REFERENCES members,
        status text NOT NULL CONSTRAINT ck_contributions_status CHECK (status IN ('proposed', 'live', 'refused')),
        note text,
        proposed_by_id bigint CONSTRAINT fk_contributions_proposed_by_id_people REFERENCES people,
        proposed_at timestamptz NOT NULL,
        decided_by_id bigint CONSTRAINT fk_contributions_decided_by_id_people REFERENCES people,
        decided_at timestamptz,
        decision_note text,
        refused_plant jsonb,
        CONSTRAINT ck_contributions_decided CHECK ((status = 'proposed') = (decided_at IS NULL)),
        CONSTRAINT ck_contributions_two_people CHECK (decided_by_id <> proposed_by_id),
        CONSTRAINT ck_contributions_refused_plant CHECK (refused_plant IS NULL OR status = 'refused')
    );
    CREATE INDEX ix_contributions_member_id ON contributions (member_id);
    CREATE INDEX ix_contributions_status ON contributions (status);

    CREATE TABLE sites (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_sites PRIMARY KEY,
        code text NOT NULL CONSTRAINT ck_sites_code CHECK (code <> ''),
        name text NOT NULL,
        kind text NOT NULL CONSTRAINT ck_sites_kind CHECK (kind IN (
            'data_centre', 'exchange', 'cabinet', 'chamber', 'building_entry', 'mast', 'street_furniture')),
        longitude double precision NOT NULL CONSTRAINT ck_sites_longitude CHECK (longitude BETWEEN -180 AND 180),
        latitude double precision NOT NULL CONSTRAINT ck_sites_latitude CHECK (latitude BETWEEN -90 AND 90),
        owner_id bigint CONSTRAINT fk_sites_owner_id_members REFERENCES members,
        contribution_id bigint NOT NULL CONSTRAINT fk_sites_contribution_id_contributions REFERENCES contributions
    );
    CREATE UNIQUE INDEX uq_sites_code ON sites (lower(code));
    CREATE INDEX ix_sites_owner_id ON sites (owner_id);
    CREATE INDEX ix_sites_contribution_id ON sites (contribution_id);

    CREATE TABLE risk_groups (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_risk_groups PRIMARY KEY,
        code text NOT NULL CONSTRAINT ck_risk_groups_code CHECK (code <> ''),
        name text NOT NULL,
        kind text NOT NULL CONSTRAINT ck_risk_groups_kind CHECK (kind IN (
            'trench', 'duct', 'chamber', 'bridge', 'building_entry', 'power_feed', 'flood_area'))
    );
    CREATE UNIQUE INDEX uq_risk_groups_code ON risk_groups (lower(code));

    CREATE TABLE spans (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_spans PRIMARY KEY,
        code text NOT NULL CONSTRAINT ck_spans_code CHECK (code <> ''),
        a_id bigint NOT NULL CONSTRAINT fk_spans_a_id_sites REFERENCES sites,
        z_id bigint NOT NULL CONSTRAINT fk_spans_z_id_sites REFERENCES sites,
        geometry bytea,
        length_m numeric NOT NULL CONSTRAINT ck_spans_length CHECK (length_m > 0),
        length_basis text NOT NULL CONSTRAINT ck_spans_basis CHECK (length_basis IN ('drawn', 'as_built', 'otdr')),
        fibre_owner_id bigint NOT NULL CONSTRAINT fk_spans_fibre_owner_id_members REFERENCES members,
        duct_owner_id bigint CONSTRAINT fk_spans_duct_owner_id_members REFERENCES members,
        fibres bigint NOT NULL CONSTRAINT ck_spans_fibres CHECK (fibres > 0),
        contribution_id bigint NOT NULL CONSTRAINT fk_spans_contribution_id_contributions REFERENCES contributions,
        CONSTRAINT ck_spans_two_ends CHECK (a_id <> z_id)
    );
    CREATE UNIQUE INDEX uq_spans_code ON spans (lower(code));
    CREATE INDEX ix_spans_a_id ON spans (a_id);
    CREATE INDEX ix_spans_z_id ON spans (z_id);
    CREATE INDEX ix_spans_fibre_owner_id ON spans (fibre_owner_id);
    CREATE INDEX ix_spans_duct_owner_id ON spans (duct_owner_id);
    CREATE INDEX ix_spans_contribution_id ON spans (contribution_id);

    CREATE TABLE span_risks (
        span_id bigint NOT NULL CONSTRAINT fk_span_risks_span_id_spans REFERENCES spans,
        risk_group_id bigint NOT NULL CONSTRAINT fk_span_risks_risk_group_id_risk_groups REFERENCES risk_groups,
        CONSTRAINT pk_span_risks PRIMARY KEY (span_id, risk_group_id)
    );
    CREATE INDEX ix_span_risks_risk_group_id ON span_risks (risk_group_id);

    CREATE TABLE fibre_pairs (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_fibre_pairs PRIMARY KEY,
        span_id bigint NOT NULL CONSTRAINT fk_fibre_pairs_span_id_spans REFERENCES spans,
        number bigint NOT NULL CONSTRAINT ck_fibre_pairs_number CHECK (number > 0),
        state text NOT NULL CONSTRAINT ck_fibre_pairs_state CHECK (state IN ('reserved', 'offered', 'dark', 'broken')),
        CONSTRAINT uq_fibre_pairs_span_id_number UNIQUE (span_id, number)
    );

    CREATE TABLE racks (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_racks PRIMARY KEY,
        code text NOT NULL CONSTRAINT ck_racks_code CHECK (code <> ''),
        site_id bigint NOT NULL CONSTRAINT fk_racks_site_id_sites REFERENCES sites,
        owner_id bigint CONSTRAINT fk_racks_owner_id_members REFERENCES members,
        units bigint NOT NULL CONSTRAINT ck_racks_units CHECK (units > 0),
        power_kw numeric CONSTRAINT ck_racks_power CHECK (power_kw >= 0)
    );
    CREATE UNIQUE INDEX uq_racks_code ON racks (lower(code));
    CREATE INDEX ix_racks_site_id ON racks (site_id);
    CREATE INDEX ix_racks_owner_id ON racks (owner_id);
    """)


def downgrade() -> None:
    op.execute("DROP TABLE racks, fibre_pairs, span_risks, spans, risk_groups, sites, contributions")
