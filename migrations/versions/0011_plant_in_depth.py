"""Plant in depth: wayleaves, funding conditions, evidence, traces, ducts, cables, splices, terms, withdrawal."""

from alembic import op

revision = "0011"
down_revision = "0010"

ATTACHMENT_BYTES = 20 * 1024 * 1024


def upgrade() -> None:
    _registers()
    _evidence()
    _structure()
    _terms()


def downgrade() -> None:
    op.execute("""
    DROP TABLE withdrawal_spans, withdrawals, span_terms, splices, span_cables, duct_spans, ducts,
        traces, attachments, evidence_steps, register_entry_sites, register_entry_spans, register_entries
    """)


def _registers() -> None:
    op.execute("""
    CREATE TABLE register_entries (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_register_entries PRIMARY KEY,
        reference text NOT NULL CONSTRAINT uq_register_entries_reference UNIQUE,
        kind text NOT NULL CONSTRAINT ck_register_entries_kind CHECK (kind IN ('wayleave', 'funding')),
        member_id bigint NOT NULL CONSTRAINT fk_register_entries_member_id_members REFERENCES members,
        party text NOT NULL CONSTRAINT ck_register_entries_party CHECK (party <> ''),
        title text NOT NULL CONSTRAINT ck_register_entries_title CHECK (title <> ''),
        starts_on date,
        ends_on date,
        open_access boolean NOT NULL,
        notes text,
        changed_by_id bigint CONSTRAINT fk_register_entries_changed_by_id_people REFERENCES people,
        changed_at timestamptz NOT NULL,
        CONSTRAINT ck_register_entries_period CHECK (ends_on > starts_on)
    );
    CREATE INDEX ix_register_entries_member_id ON register_entries (member_id);

    CREATE TABLE register_entry_spans (
        entry_id bigint NOT NULL CONSTRAINT fk_register_entry_spans_entry_id_register_entries
            REFERENCES register_entries,
        span_id bigint NOT NULL CONSTRAINT fk_register_entry_spans_span_id_spans REFERENCES spans,
        CONSTRAINT pk_register_entry_spans PRIMARY KEY (entry_id, span_id)
    );
    CREATE INDEX ix_register_entry_spans_span_id ON register_entry_spans (span_id);

    CREATE TABLE register_entry_sites (
        entry_id bigint NOT NULL CONSTRAINT fk_register_entry_sites_entry_id_register_entries
            REFERENCES register_entries,
        site_id bigint NOT NULL CONSTRAINT fk_register_entry_sites_site_id_sites REFERENCES sites,
        CONSTRAINT pk_register_entry_sites PRIMARY KEY (entry_id, site_id)
    );
    CREATE INDEX ix_register_entry_sites_site_id ON register_entry_sites (site_id);
    """)


def _evidence() -> None:
    op.execute(f"""
    CREATE TABLE evidence_steps (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_evidence_steps PRIMARY KEY,
        span_id bigint NOT NULL CONSTRAINT fk_evidence_steps_span_id_spans REFERENCES spans,
        level text NOT NULL CONSTRAINT ck_evidence_steps_level
            CHECK (level IN ('declared', 'surveyed', 'tested', 'accepted')),
        done_on date NOT NULL,
        note text,
        person_id bigint CONSTRAINT fk_evidence_steps_person_id_people REFERENCES people,
        recorded_at timestamptz NOT NULL
    );
    CREATE INDEX ix_evidence_steps_span_id ON evidence_steps (span_id);

    CREATE TABLE attachments (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_attachments PRIMARY KEY,
        reference text NOT NULL CONSTRAINT uq_attachments_reference UNIQUE,
        span_id bigint NOT NULL CONSTRAINT fk_attachments_span_id_spans REFERENCES spans,
        evidence_step_id bigint CONSTRAINT fk_attachments_evidence_step_id_evidence_steps REFERENCES evidence_steps,
        name text NOT NULL CONSTRAINT ck_attachments_name CHECK (name <> ''),
        content bytea NOT NULL
            CONSTRAINT ck_attachments_size CHECK (octet_length(content) BETWEEN 1 AND {ATTACHMENT_BYTES}),
        size_bytes bigint NOT NULL,
        sha256 text NOT NULL,
        attached_by_id bigint CONSTRAINT fk_attachments_attached_by_id_people REFERENCES people,
        attached_at timestamptz NOT NULL,
        CONSTRAINT uq_attachments_span_id_sha256 UNIQUE (span_id, sha256),
        CONSTRAINT ck_attachments_sha256 CHECK (sha256 = encode(sha256(content), 'hex')),
        CONSTRAINT ck_attachments_size_bytes CHECK (size_bytes = octet_length(content))
    );
    CREATE INDEX ix_attachments_evidence_step_id ON attachments (evidence_step_id);

    CREATE TABLE traces (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_traces PRIMARY KEY,
        attachment_id bigint NOT NULL CONSTRAINT uq_traces_attachment_id UNIQUE
            CONSTRAINT fk_traces_attachment_id_attachments REFERENCES attachments,
        pair_number bigint CONSTRAINT ck_traces_pair_number CHECK (pair_number > 0),
        measured_at timestamptz,
        wavelength_nm double precision NOT NULL CONSTRAINT ck_traces_wavelength CHECK (wavelength_nm > 0),
        length_m double precision NOT NULL CONSTRAINT ck_traces_length CHECK (length_m > 0),
        loss_db double precision,
        events jsonb NOT NULL
    );
    """)


def _structure() -> None:
    op.execute("""
    CREATE TABLE ducts (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_ducts PRIMARY KEY,
        code text NOT NULL CONSTRAINT ck_ducts_code CHECK (code <> ''),
        owner_id bigint NOT NULL CONSTRAINT fk_ducts_owner_id_members REFERENCES members,
        parent_id bigint CONSTRAINT fk_ducts_parent_id_ducts REFERENCES ducts,
        bore_mm numeric NOT NULL CONSTRAINT ck_ducts_bore CHECK (bore_mm > 0),
        outer_mm numeric CONSTRAINT ck_ducts_outer CHECK (outer_mm > bore_mm),
        length_m numeric NOT NULL CONSTRAINT ck_ducts_length CHECK (length_m > 0),
        CONSTRAINT ck_ducts_sub_duct CHECK ((parent_id IS NULL) = (outer_mm IS NULL))
    );
    CREATE UNIQUE INDEX uq_ducts_code ON ducts (lower(code));
    CREATE INDEX ix_ducts_owner_id ON ducts (owner_id);
    CREATE INDEX ix_ducts_parent_id ON ducts (parent_id);

    CREATE TABLE duct_spans (
        duct_id bigint NOT NULL CONSTRAINT fk_duct_spans_duct_id_ducts REFERENCES ducts,
        span_id bigint NOT NULL CONSTRAINT fk_duct_spans_span_id_spans REFERENCES spans,
        CONSTRAINT pk_duct_spans PRIMARY KEY (duct_id, span_id)
    );
    CREATE INDEX ix_duct_spans_span_id ON duct_spans (span_id);

    CREATE TABLE span_cables (
        span_id bigint CONSTRAINT pk_span_cables PRIMARY KEY
            CONSTRAINT fk_span_cables_span_id_spans REFERENCES spans,
        scheme text NOT NULL CONSTRAINT ck_span_cables_scheme CHECK (scheme IN ('tia_598', 'fotag')),
        fibres_per_tube bigint NOT NULL CONSTRAINT ck_span_cables_fibres_per_tube
            CHECK (fibres_per_tube BETWEEN 1 AND 24),
        diameter_mm numeric CONSTRAINT ck_span_cables_diameter CHECK (diameter_mm > 0)
    );

    CREATE TABLE splices (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_splices PRIMARY KEY,
        site_id bigint NOT NULL CONSTRAINT fk_splices_site_id_sites REFERENCES sites,
        from_span_id bigint NOT NULL CONSTRAINT fk_splices_from_span_id_spans REFERENCES spans,
        from_fibre bigint NOT NULL CONSTRAINT ck_splices_from_fibre CHECK (from_fibre > 0),
        to_span_id bigint NOT NULL CONSTRAINT fk_splices_to_span_id_spans REFERENCES spans,
        to_fibre bigint NOT NULL CONSTRAINT ck_splices_to_fibre CHECK (to_fibre > 0),
        loss_db numeric CONSTRAINT ck_splices_loss CHECK (loss_db >= 0),
        CONSTRAINT uq_splices_site_id_from_span_id_from_fibre UNIQUE (site_id, from_span_id, from_fibre),
        CONSTRAINT uq_splices_site_id_to_span_id_to_fibre UNIQUE (site_id, to_span_id, to_fibre),
        CONSTRAINT ck_splices_two_spans CHECK (from_span_id <> to_span_id)
    );
    CREATE INDEX ix_splices_from_span_id ON splices (from_span_id);
    CREATE INDEX ix_splices_to_span_id ON splices (to_span_id);
    """)


def _terms() -> None:
    op.execute("""
    CREATE TABLE span_terms (
        span_id bigint CONSTRAINT pk_span_terms PRIMARY KEY
            CONSTRAINT fk_span_terms_span_id_spans REFERENCES spans,
        fee_basis text NOT NULL CONSTRAINT ck_span_terms_fee_basis CHECK (fee_basis IN ('pair_metre', 'availability')),
        starts_on date,
        ends_on date,
        notice_months bigint NOT NULL CONSTRAINT ck_span_terms_notice CHECK (notice_months BETWEEN 0 AND 120),
        changed_by_id bigint CONSTRAINT fk_span_terms_changed_by_id_people REFERENCES people,
        changed_at timestamptz NOT NULL,
        CONSTRAINT ck_span_terms_period CHECK (ends_on > starts_on)
    );

    CREATE TABLE withdrawals (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_withdrawals PRIMARY KEY,
        reference text NOT NULL CONSTRAINT uq_withdrawals_reference UNIQUE,
        member_id bigint NOT NULL CONSTRAINT fk_withdrawals_member_id_members REFERENCES members,
        reason text NOT NULL CONSTRAINT ck_withdrawals_reason CHECK (reason <> ''),
        given_by_id bigint CONSTRAINT fk_withdrawals_given_by_id_people REFERENCES people,
        given_at timestamptz NOT NULL
    );
    CREATE INDEX ix_withdrawals_member_id ON withdrawals (member_id);

    CREATE TABLE withdrawal_spans (
        span_id bigint CONSTRAINT pk_withdrawal_spans PRIMARY KEY
            CONSTRAINT fk_withdrawal_spans_span_id_spans REFERENCES spans,
        withdrawal_id bigint NOT NULL CONSTRAINT fk_withdrawal_spans_withdrawal_id_withdrawals REFERENCES withdrawals,
        effective_on date NOT NULL
    );
    CREATE INDEX ix_withdrawal_spans_withdrawal_id ON withdrawal_spans (withdrawal_id);
    """)
