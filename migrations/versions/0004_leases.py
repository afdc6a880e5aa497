"""Tariffs, quotes, leases and allocations; no fibre pair and no rack unit is held twice on any day."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute("""
    CREATE TABLE tariffs (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_tariffs PRIMARY KEY,
        name text NOT NULL,
        effective_from date NOT NULL CONSTRAINT uq_tariffs_effective_from UNIQUE,
        resolution text NOT NULL CONSTRAINT ck_tariffs_resolution CHECK (resolution <> ''),
        contributor_percent numeric NOT NULL,
        reserve_percent numeric NOT NULL,
        running_costs_percent numeric NOT NULL,
        duct_share_percent numeric NOT NULL
            CONSTRAINT ck_tariffs_duct_share CHECK (duct_share_percent BETWEEN 0 AND 100),
        CONSTRAINT ck_tariffs_percentages CHECK (
            contributor_percent >= 0 AND reserve_percent >= 0 AND running_costs_percent >= 0
            AND contributor_percent + reserve_percent + running_costs_percent = 100)
    );
    CREATE TRIGGER history BEFORE UPDATE OR DELETE OR TRUNCATE ON tariffs EXECUTE FUNCTION refuse_change();

    CREATE TABLE tariff_lines (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_tariff_lines PRIMARY KEY,
        tariff_id bigint NOT NULL CONSTRAINT fk_tariff_lines_tariff_id_tariffs REFERENCES tariffs,
        code text NOT NULL,
        unit text NOT NULL,
        amount_pence bigint CONSTRAINT ck_tariff_lines_amount CHECK (amount_pence >= 0),
        term_months bigint CONSTRAINT ck_tariff_lines_term CHECK (term_months > 0),
        percent numeric CONSTRAINT ck_tariff_lines_percent CHECK (percent > 0),
        CONSTRAINT uq_tariff_lines_tariff_id_code_term_months UNIQUE NULLS NOT DISTINCT (tariff_id, code, term_months),
        CONSTRAINT ck_tariff_lines_one_kind CHECK (
            (code = 'term_factor' AND term_months IS NOT NULL AND percent IS NOT NULL AND amount_pence IS NULL)
            OR (code <> 'term_factor' AND term_months IS NULL AND percent IS NULL AND amount_pence IS NOT NULL))
    );
    CREATE TRIGGER history BEFORE UPDATE OR DELETE OR TRUNCATE ON tariff_lines EXECUTE FUNCTION refuse_change();

    CREATE TABLE quotes (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_quotes PRIMARY KEY,
        reference text NOT NULL CONSTRAINT uq_quotes_reference UNIQUE,
        member_id bigint NOT NULL CONSTRAINT fk_quotes_member_id_members REFERENCES members,
        person_id bigint CONSTRAINT fk_quotes_person_id_people REFERENCES people,
        made_at timestamptz NOT NULL,
        expires_on date NOT NULL,
        from_site_id bigint NOT NULL CONSTRAINT fk_quotes_from_site_id_sites REFERENCES sites,
        to_site_id bigint NOT NULL CONSTRAINT fk_quotes_to_site_id_sites REFERENCES sites,
        pairs bigint NOT NULL CONSTRAINT ck_quotes_pairs CHECK (pairs > 0),
        starts_on date NOT NULL,
        term_months bigint NOT NULL CONSTRAINT ck_quotes_term CHECK (term_months > 0),
        tariff_id bigint NOT NULL CONSTRAINT fk_quotes_tariff_id_tariffs REFERENCES tariffs,
        annual_pence bigint NOT NULL CONSTRAINT ck_quotes_annual CHECK (annual_pence >= 0),
        snapshot jsonb NOT NULL
    );
    CREATE INDEX ix_quotes_member_id ON quotes (member_id);
    CREATE TRIGGER history BEFORE UPDATE OR DELETE OR TRUNCATE ON quotes EXECUTE FUNCTION refuse_change();

    CREATE TABLE leases (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_leases PRIMARY KEY,
        reference text NOT NULL CONSTRAINT ck_leases_reference CHECK (reference <> ''),
        member_id bigint NOT NULL CONSTRAINT fk_leases_member_id_members REFERENCES members,
        quote_id bigint CONSTRAINT uq_leases_quote_id UNIQUE CONSTRAINT fk_leases_quote_id_quotes REFERENCES quotes,
        from_site_id bigint NOT NULL CONSTRAINT fk_leases_from_site_id_sites REFERENCES sites,
        to_site_id bigint NOT NULL CONSTRAINT fk_leases_to_site_id_sites REFERENCES sites,
        pairs bigint NOT NULL CONSTRAINT ck_leases_pairs CHECK (pairs > 0),
        starts_on date NOT NULL,
        ends_on date,
        term_months bigint NOT NULL CONSTRAINT ck_leases_term CHECK (term_months > 0),
        tariff_id bigint CONSTRAINT fk_leases_tariff_id_tariffs REFERENCES tariffs,
        annual_pence bigint CONSTRAINT ck_leases_annual CHECK (annual_pence >= 0),
        status text NOT NULL CONSTRAINT ck_leases_status CHECK (status IN (
            'requested', 'reserved', 'accepted', 'refused', 'cancelled')),
        requested_at timestamptz NOT NULL,
        requested_by_id bigint CONSTRAINT fk_leases_requested_by_id_people REFERENCES people,
        decided_at timestamptz,
        decided_by_id bigint CONSTRAINT fk_leases_decided_by_id_people REFERENCES people,
        decision_note text,
        accepted_on date,
        accepted_by_id bigint CONSTRAINT fk_leases_accepted_by_id_people REFERENCES people,
        CONSTRAINT ck_leases_days CHECK (ends_on > starts_on),
        CONSTRAINT ck_leases_accepted CHECK ((status = 'accepted') = (accepted_on IS NOT NULL)),
        CONSTRAINT ck_leases_accepted_in_time CHECK (accepted_on <= ends_on)
    );
    CREATE UNIQUE INDEX uq_leases_reference ON leases (lower(reference));
    CREATE INDEX ix_leases_member_id ON leases (member_id);
    CREATE INDEX ix_leases_status ON leases (status);

    CREATE TABLE lease_spans (
        lease_id bigint NOT NULL CONSTRAINT fk_lease_spans_lease_id_leases REFERENCES leases,
        route bigint NOT NULL CONSTRAINT ck_lease_spans_route CHECK (route IN (1, 2)),
        position bigint NOT NULL,
        span_id bigint NOT NULL CONSTRAINT fk_lease_spans_span_id_spans REFERENCES spans,
        metres bigint NOT NULL CONSTRAINT ck_lease_spans_metres CHECK (metres >= 0),
        CONSTRAINT pk_lease_spans PRIMARY KEY (lease_id, route, position),
        CONSTRAINT uq_lease_spans_lease_id_route_span_id UNIQUE (lease_id, route, span_id)
    );
    CREATE INDEX ix_lease_spans_span_id ON lease_spans (span_id);

    CREATE TABLE allocations (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_allocations PRIMARY KEY,
        lease_id bigint NOT NULL CONSTRAINT fk_allocations_lease_id_leases REFERENCES leases,
        route bigint NOT NULL,
        fibre_pair_id bigint NOT NULL CONSTRAINT fk_allocations_fibre_pair_id_fibre_pairs REFERENCES fibre_pairs,
        period daterange NOT NULL CONSTRAINT ck_allocations_period CHECK (NOT isempty(period)),
        CONSTRAINT ex_allocations_no_overlap
            EXCLUDE USING gist (int8range(fibre_pair_id, fibre_pair_id, '[]') WITH &&, period WITH &&)
    );
    CREATE INDEX ix_allocations_lease_id ON allocations (lease_id);
    CREATE INDEX ix_allocations_fibre_pair_id ON allocations (fibre_pair_id);

    CREATE TABLE rack_leases (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_rack_leases PRIMARY KEY,
        reference text NOT NULL CONSTRAINT ck_rack_leases_reference CHECK (reference <> ''),
        member_id bigint NOT NULL CONSTRAINT fk_rack_leases_member_id_members REFERENCES members,
        rack_id bigint NOT NULL CONSTRAINT fk_rack_leases_rack_id_racks REFERENCES racks,
        units int4range NOT NULL CONSTRAINT ck_rack_leases_units CHECK (NOT isempty(units) AND lower(units) >= 1),
        size text NOT NULL CONSTRAINT ck_rack_leases_size CHECK (size IN ('quarter', 'half', 'full')),
        starts_on date NOT NULL,
        ends_on date,
        accepted_on date,
        CONSTRAINT ck_rack_leases_days CHECK (ends_on > starts_on),
        CONSTRAINT ck_rack_leases_accepted_in_time CHECK (accepted_on <= ends_on),
        CONSTRAINT ex_rack_leases_no_overlap EXCLUDE USING gist (
            int8range(rack_id, rack_id, '[]') WITH &&, units WITH &&, daterange(starts_on, ends_on) WITH &&)
    );
    CREATE UNIQUE INDEX uq_rack_leases_reference ON rack_leases (lower(reference));
    CREATE INDEX ix_rack_leases_member_id ON rack_leases (member_id);
    """)


def downgrade() -> None:
    op.execute("DROP TABLE rack_leases, allocations, lease_spans, leases, quotes, tariff_lines, tariffs")
