"""Fibre pairs keep to their spans by statements, no longer by a foreign key, which looked the span up for each pair.

A cable has dozens of pairs: of the time that it takes to write them, the foreign key took half. What is refused is the
same. Pairs come only to spans that there are, which they lock as a foreign key would, so that nobody deletes them
meanwhile; a span goes only once its pairs are gone; and neither ever becomes another's.

That holds where each statement sees what was committed before it: the triggers refuse any other isolation level.
What this gains and costs is in docs/decisions/0019-pairs-kept-by-statements.md.
"""

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.execute("""
    ALTER TABLE fibre_pairs DROP CONSTRAINT fk_fibre_pairs_span_id_spans;

    CREATE FUNCTION refuse_other_isolation() RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
        IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
            RAISE feature_not_supported USING MESSAGE = 'spans and fibre pairs are written in READ COMMITTED only',
                HINT = 'Set default_transaction_isolation to read committed.';
        END IF;
    END $$;

    CREATE FUNCTION refuse_pairs_of_no_span() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM refuse_other_isolation();
        PERFORM FROM spans WHERE id IN (SELECT span_id FROM given) ORDER BY id FOR KEY SHARE;
        -- in a statement of its own, which sees what was deleted while that one waited
        IF EXISTS (SELECT FROM given WHERE NOT EXISTS (SELECT FROM spans WHERE spans.id = given.span_id)) THEN
            RAISE foreign_key_violation USING MESSAGE = 'a fibre pair needs a span that there is';
        END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER spans AFTER INSERT ON fibre_pairs REFERENCING NEW TABLE AS given
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_pairs_of_no_span();

    CREATE FUNCTION refuse_leaving_pairs() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM refuse_other_isolation();
        IF EXISTS (SELECT FROM gone JOIN fibre_pairs ON fibre_pairs.span_id = gone.id) THEN
            RAISE foreign_key_violation USING MESSAGE = 'a span goes only after its fibre pairs';
        END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER pairs AFTER DELETE ON spans REFERENCING OLD TABLE AS gone
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_leaving_pairs();

    CREATE FUNCTION refuse_parting_pairs() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '% of % is refused: it would part fibre pairs from their spans', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'foreign_key_violation';
    END $$;
    CREATE TRIGGER parted BEFORE UPDATE OF span_id ON fibre_pairs EXECUTE FUNCTION refuse_parting_pairs();
    CREATE TRIGGER parted BEFORE UPDATE OF id OR TRUNCATE ON spans EXECUTE FUNCTION refuse_parting_pairs();
    """)


def downgrade() -> None:
    op.execute("""
    DROP TRIGGER parted ON spans;
    DROP TRIGGER parted ON fibre_pairs;
    DROP TRIGGER pairs ON spans;
    DROP TRIGGER spans ON fibre_pairs;
    DROP FUNCTION refuse_parting_pairs();
    DROP FUNCTION refuse_leaving_pairs();
    DROP FUNCTION refuse_pairs_of_no_span();
    DROP FUNCTION refuse_other_isolation();
    ALTER TABLE fibre_pairs ADD CONSTRAINT fk_fibre_pairs_span_id_spans FOREIGN KEY (span_id) REFERENCES spans;
    """)
