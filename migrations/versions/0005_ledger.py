"""The books, and the triggers that keep them true whatever program writes to them.

A journal commits only with its seal (a deferred foreign key). The seal's trigger checks that the postings sum to zero,
are at least two, and fall in an open period, and chains the journal's hash to the one before. History (postings,
journals, seals, charge lines, documents, accounts) refuses UPDATE, DELETE and TRUNCATE. The content that is hashed is
written out a second time in cni/ledger/chain.py, which verifies the chain without these triggers.
"""

from alembic import op

revision = "0005"
down_revision = "0004"

HISTORY = ("accounts", "journals", "postings", "journal_seals", "charge_lines", "documents")


def upgrade() -> None:
    op.execute("""
    CREATE TABLE accounts (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_accounts PRIMARY KEY,
        code text NOT NULL CONSTRAINT uq_accounts_code UNIQUE,
        name text NOT NULL,
        kind text NOT NULL CONSTRAINT ck_accounts_kind CHECK (kind IN (
            'asset', 'liability', 'equity', 'income', 'expense')),
        member_id bigint CONSTRAINT fk_accounts_member_id_members REFERENCES members
    );
    CREATE INDEX ix_accounts_member_id ON accounts (member_id);

    CREATE TABLE periods (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_periods PRIMARY KEY,
        starts_on date NOT NULL CONSTRAINT uq_periods_starts_on UNIQUE,
        ends_on date NOT NULL,
        closed_at timestamptz,
        closed_by_id bigint CONSTRAINT fk_periods_closed_by_id_people REFERENCES people,
        CONSTRAINT ck_periods_month CHECK (
            extract(day FROM starts_on) = 1 AND ends_on = (starts_on + interval '1 month')::date)
    );

    CREATE TABLE journals (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_journals PRIMARY KEY,
        kind text NOT NULL,
        period_id bigint NOT NULL CONSTRAINT fk_journals_period_id_periods REFERENCES periods,
        effective_on date NOT NULL,
        recorded_at timestamptz NOT NULL,
        actor_id bigint CONSTRAINT fk_journals_actor_id_people REFERENCES people,
        memo text NOT NULL,
        key text NOT NULL CONSTRAINT uq_journals_key UNIQUE,
        reverses_id bigint CONSTRAINT uq_journals_reverses_id UNIQUE
            CONSTRAINT fk_journals_reverses_id_journals REFERENCES journals
    );
    CREATE INDEX ix_journals_period_id ON journals (period_id);
    CREATE INDEX ix_journals_effective_on ON journals (effective_on);

    CREATE TABLE postings (
        journal_id bigint NOT NULL CONSTRAINT fk_postings_journal_id_journals REFERENCES journals,
        position bigint NOT NULL,
        account_id bigint NOT NULL CONSTRAINT fk_postings_account_id_accounts REFERENCES accounts,
        amount_pence bigint NOT NULL CONSTRAINT ck_postings_amount CHECK (amount_pence <> 0),
        CONSTRAINT pk_postings PRIMARY KEY (journal_id, position)
    );
    CREATE INDEX ix_postings_account_id ON postings (account_id);

    CREATE TABLE journal_seals (
        journal_id bigint CONSTRAINT pk_journal_seals PRIMARY KEY
            CONSTRAINT fk_journal_seals_journal_id_journals REFERENCES journals,
        chain_number bigint NOT NULL CONSTRAINT uq_journal_seals_chain_number UNIQUE,
        lines bigint NOT NULL,
        previous_hash char(64) NOT NULL CONSTRAINT uq_journal_seals_previous_hash UNIQUE,
        hash char(64) NOT NULL CONSTRAINT uq_journal_seals_hash UNIQUE
    );
    ALTER TABLE journals ADD CONSTRAINT fk_journals_id_journal_seals
        FOREIGN KEY (id) REFERENCES journal_seals (journal_id) DEFERRABLE INITIALLY DEFERRED;

    CREATE FUNCTION hash_of_text(content text) RETURNS text LANGUAGE sql IMMUTABLE
        RETURN encode(sha256(convert_to(content, 'UTF8')), 'hex');

    CREATE FUNCTION journal_content(subject bigint) RETURNS text LANGUAGE sql STABLE
        -- The same text in every session, however it writes days, whatever tables of its own it has.
        SET datestyle = 'ISO' SET search_path = public, pg_temp AS $$
        SELECT concat_ws('|', 'journal-1', j.id, j.kind, p.starts_on, j.effective_on,
                   to_char(j.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'),
                   coalesce(j.actor_id::text, '-'), coalesce(j.reverses_id::text, '-'),
                   hash_of_text(j.memo), hash_of_text(j.key))
               || coalesce((SELECT string_agg(concat_ws('|', E'\\n' || o.position, a.code, o.amount_pence), ''
                                              ORDER BY o.position)
                            FROM postings o JOIN accounts a ON a.id = o.account_id WHERE o.journal_id = j.id), '')
        FROM journals j JOIN periods p ON p.id = j.period_id WHERE j.id = subject
    $$;

    CREATE FUNCTION seal_journal() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
    DECLARE
        journal journals%ROWTYPE;
        month periods%ROWTYPE;
        total numeric;
        last journal_seals%ROWTYPE;
    BEGIN
        -- One writer at a time: a chain has one end.
        PERFORM pg_advisory_xact_lock(2041977);
        SELECT * INTO STRICT journal FROM journals WHERE id = NEW.journal_id;
        -- Shared with other writers, but not with whoever is closing the month.
        SELECT * INTO STRICT month FROM periods WHERE id = journal.period_id FOR SHARE;
        IF month.closed_at IS NOT NULL THEN
            RAISE EXCEPTION 'journal % falls in a closed period', NEW.journal_id USING ERRCODE = 'check_violation';
        END IF;
        IF journal.effective_on < month.starts_on OR journal.effective_on >= month.ends_on THEN
            RAISE EXCEPTION 'journal % is dated outside its period', NEW.journal_id USING ERRCODE = 'check_violation';
        END IF;
        SELECT count(*), coalesce(sum(amount_pence), 0) INTO NEW.lines, total
            FROM postings WHERE journal_id = NEW.journal_id;
        IF NEW.lines < 2 OR total <> 0 THEN
            RAISE EXCEPTION 'journal % does not balance: % postings, sum %', NEW.journal_id, NEW.lines, total
                USING ERRCODE = 'check_violation';
        END IF;
        SELECT * INTO last FROM journal_seals ORDER BY chain_number DESC LIMIT 1;
        NEW.chain_number := coalesce(last.chain_number, 0) + 1;
        NEW.previous_hash := coalesce(last.hash, repeat('0', 64));
        NEW.hash := hash_of_text(concat_ws('|', NEW.chain_number, NEW.previous_hash, journal_content(NEW.journal_id)));
        RETURN NEW;
    END $$;
    CREATE TRIGGER seal BEFORE INSERT ON journal_seals FOR EACH ROW EXECUTE FUNCTION seal_journal();

    CREATE FUNCTION refuse_posting_into_sealed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT FROM journal_seals WHERE journal_id = NEW.journal_id) THEN
            RAISE EXCEPTION 'journal % is sealed', NEW.journal_id USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER sealed BEFORE INSERT ON postings FOR EACH ROW EXECUTE FUNCTION refuse_posting_into_sealed();

    CREATE FUNCTION keep_closed_period() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'UPDATE' AND OLD.closed_at IS NULL
            AND (NEW.id, NEW.starts_on, NEW.ends_on) = (OLD.id, OLD.starts_on, OLD.ends_on) THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'a period of the books is never changed but to close it' USING ERRCODE = 'restrict_violation';
    END $$;
    CREATE TRIGGER closed BEFORE UPDATE OR DELETE ON periods FOR EACH ROW EXECUTE FUNCTION keep_closed_period();
    CREATE TRIGGER history BEFORE TRUNCATE ON periods EXECUTE FUNCTION refuse_change();

    CREATE TABLE settlement_runs (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_settlement_runs PRIMARY KEY,
        period_id bigint NOT NULL CONSTRAINT uq_settlement_runs_period_id UNIQUE
            CONSTRAINT fk_settlement_runs_period_id_periods REFERENCES periods,
        digest char(64) NOT NULL,
        charge_pence bigint NOT NULL,
        fee_pence bigint NOT NULL,
        margin_pence bigint NOT NULL,
        approved_by_id bigint NOT NULL CONSTRAINT fk_settlement_runs_approved_by_id_people REFERENCES people,
        approved_at timestamptz NOT NULL,
        issued_by_id bigint CONSTRAINT fk_settlement_runs_issued_by_id_people REFERENCES people,
        issued_at timestamptz,
        journal_id bigint CONSTRAINT uq_settlement_runs_journal_id UNIQUE
            CONSTRAINT fk_settlement_runs_journal_id_journals REFERENCES journals,
        CONSTRAINT ck_settlement_runs_adds_up CHECK (charge_pence = fee_pence + margin_pence),
        CONSTRAINT ck_settlement_runs_two_people CHECK (approved_by_id <> issued_by_id),
        CONSTRAINT ck_settlement_runs_issued CHECK ((issued_by_id IS NULL) = (issued_at IS NULL))
    );
    CREATE FUNCTION keep_issued_run() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'UPDATE' AND OLD.issued_at IS NULL THEN RETURN NEW; END IF;
        RAISE EXCEPTION 'settlement run % is approved or issued: it stays', OLD.id USING ERRCODE = 'restrict_violation';
    END $$;
    CREATE TRIGGER issued BEFORE UPDATE OR DELETE ON settlement_runs FOR EACH ROW EXECUTE FUNCTION keep_issued_run();
    CREATE TRIGGER history BEFORE TRUNCATE ON settlement_runs EXECUTE FUNCTION refuse_change();

    CREATE TABLE charge_lines (
        run_id bigint NOT NULL CONSTRAINT fk_charge_lines_run_id_settlement_runs REFERENCES settlement_runs,
        position bigint NOT NULL,
        lease text NOT NULL,
        span text,
        contributor text,
        "user" text NOT NULL,
        code text,
        starts_on date NOT NULL,
        ends_on date NOT NULL,
        days bigint NOT NULL CONSTRAINT ck_charge_lines_days CHECK (days = ends_on - starts_on),
        charge_pence bigint NOT NULL,
        fee_pence bigint NOT NULL,
        margin_pence bigint NOT NULL,
        reserve_pence bigint NOT NULL,
        working jsonb NOT NULL,
        CONSTRAINT pk_charge_lines PRIMARY KEY (run_id, position),
        CONSTRAINT ck_charge_lines_adds_up CHECK (charge_pence = fee_pence + margin_pence)
    );
    CREATE FUNCTION refuse_line_of_issued_run() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT FROM settlement_runs WHERE id = NEW.run_id AND issued_at IS NOT NULL) THEN
            RAISE EXCEPTION 'settlement run % is issued: it has all its lines', NEW.run_id
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER issued BEFORE INSERT ON charge_lines FOR EACH ROW EXECUTE FUNCTION refuse_line_of_issued_run();
    CREATE INDEX ix_charge_lines_lease ON charge_lines (lease);
    CREATE INDEX ix_charge_lines_contributor ON charge_lines (contributor);
    CREATE INDEX ix_charge_lines_user ON charge_lines ("user");

    CREATE TABLE number_series (
        name text CONSTRAINT pk_number_series PRIMARY KEY,
        next_number bigint NOT NULL CONSTRAINT ck_number_series_next CHECK (next_number > 0)
    );

    CREATE TABLE documents (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_documents PRIMARY KEY,
        run_id bigint NOT NULL CONSTRAINT fk_documents_run_id_settlement_runs REFERENCES settlement_runs,
        kind text NOT NULL CONSTRAINT ck_documents_kind CHECK (kind IN ('invoice', 'self_billed_invoice')),
        number text NOT NULL CONSTRAINT uq_documents_number UNIQUE,
        member_id bigint NOT NULL CONSTRAINT fk_documents_member_id_members REFERENCES members,
        issued_on date NOT NULL,
        tax_point_on date NOT NULL,
        due_on date NOT NULL,
        net_pence bigint NOT NULL,
        vat_pence bigint NOT NULL,
        gross_pence bigint NOT NULL,
        journal_id bigint NOT NULL CONSTRAINT uq_documents_journal_id UNIQUE
            CONSTRAINT fk_documents_journal_id_journals REFERENCES journals,
        snapshot jsonb NOT NULL,
        sha256 char(64) NOT NULL,
        CONSTRAINT uq_documents_run_id_kind_member_id UNIQUE (run_id, kind, member_id),
        CONSTRAINT ck_documents_adds_up CHECK (gross_pence = net_pence + vat_pence)
    );
    CREATE INDEX ix_documents_run_id ON documents (run_id);
    CREATE INDEX ix_documents_member_id ON documents (member_id);
    """)
    for table in HISTORY:
        op.execute(
            f"CREATE TRIGGER history BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    op.execute("""
    ALTER TABLE journals DROP CONSTRAINT fk_journals_id_journal_seals;
    DROP TABLE documents, number_series, charge_lines, settlement_runs, journal_seals, postings, journals, periods,
        accounts;
    DROP FUNCTION refuse_line_of_issued_run(), keep_issued_run(), keep_closed_period(), refuse_posting_into_sealed(),
        seal_journal(), journal_content(bigint), hash_of_text(text);
    """)
