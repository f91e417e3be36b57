-- The audit chain. Entries are written unchained, inside the transaction they
-- speak of; one chainer links committed ones. A chain inside the transaction would
-- make every writer wait for every other.

-- +goose Up
CREATE TABLE ek.audit_chain (
    one          boolean PRIMARY KEY DEFAULT true CHECK (one),
    head_seq     bigint NOT NULL DEFAULT 0,
    head_hash    bytea NOT NULL DEFAULT decode(repeat('00', 32), 'hex'),
    -- every entry of a transaction below this one is linked
    linked_below xid8 NOT NULL DEFAULT '0'
);
INSERT INTO ek.audit_chain DEFAULT VALUES;
CREATE INDEX audit_entry_xid ON ek.audit_entry (xid);

-- +goose StatementBegin
CREATE FUNCTION ek.audit(p_actor text, p_action text, p_object text, p_detail text DEFAULT '')
RETURNS void LANGUAGE sql VOLATILE SET search_path = pg_catalog, ek, pg_temp AS $$
    INSERT INTO ek.audit_entry (actor, action, object, detail) VALUES (p_actor, p_action, p_object, coalesce(p_detail, ''))
$$;
-- +goose StatementEnd

-- Each field with its length before it, so that no two entries share their bytes. In
-- plpgsql, which keeps its plans: a function in SQL made a link four times as dear.
-- +goose StatementBegin
CREATE FUNCTION ek.audit_bytes(p_seq bigint, e ek.audit_entry) RETURNS bytea LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, ek, pg_temp AS $$
DECLARE f text; fields text := '';
BEGIN
    FOREACH f IN ARRAY ARRAY[p_seq::text, e.id::text, (extract(epoch FROM e.at) * 1000000)::bigint::text,
                             e.actor, e.action, e.object, e.detail] LOOP
        fields := fields || octet_length(f) || ':' || f;
    END LOOP;
    RETURN convert_to(fields, 'UTF8');
END $$;
-- +goose StatementEnd

-- Links committed entries in order. The horizon is read before the entries: any
-- transaction below it has ended by then, so nothing can slip in behind the chain,
-- whatever the order in which ids were drawn.
-- +goose StatementBegin
CREATE FUNCTION ek_casework.chain_audit(p_limit integer) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, ek, pg_temp AS $$
DECLARE
    horizon xid8;
    chain   ek.audit_chain;
    e       ek.audit_entry;
    linked  integer := 0;
    reached xid8;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtext('ek.audit_chain')) THEN
        RETURN 0;
    END IF;
    horizon := pg_snapshot_xmin(pg_current_snapshot());
    SELECT * INTO chain FROM ek.audit_chain FOR UPDATE;
    reached := horizon;
    FOR e IN SELECT a.* FROM ek.audit_entry a
             WHERE a.xid >= chain.linked_below AND a.xid < horizon
               AND NOT EXISTS (SELECT FROM ek.audit_link l WHERE l.entry_id = a.id)
             ORDER BY a.xid, a.id LIMIT p_limit LOOP
        INSERT INTO ek.audit_link (seq, entry_id, prev, hash)
        VALUES (chain.head_seq + 1, e.id, chain.head_hash,
                sha256(chain.head_hash || ek.audit_bytes(chain.head_seq + 1, e)))
        RETURNING seq, hash INTO chain.head_seq, chain.head_hash;
        linked := linked + 1;
        reached := e.xid;
    END LOOP;
    IF linked < p_limit THEN
        reached := horizon;
    END IF;
    UPDATE ek.audit_chain SET head_seq = chain.head_seq, head_hash = chain.head_hash, linked_below = reached
    WHERE chain.linked_below <> reached OR linked > 0;
    RETURN linked;
END $$;
-- +goose StatementEnd

-- What a verifier needs to recompute a stretch of the chain.
-- +goose StatementBegin
CREATE FUNCTION ek_casework.audit_chain(p_after bigint, p_limit integer)
RETURNS TABLE (seq bigint, id bigint, at_micros bigint, actor text, action text, object text, detail text, prev bytea, hash bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, ek, pg_temp AS $$
    SELECT l.seq, e.id, (extract(epoch FROM e.at) * 1000000)::bigint, e.actor, e.action, e.object, e.detail, l.prev, l.hash
    FROM ek.audit_link l LEFT JOIN ek.audit_entry e ON e.id = l.entry_id
    WHERE l.seq > p_after ORDER BY l.seq LIMIT p_limit
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION ek_casework.audit_head(OUT seq bigint, OUT hash bytea) LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, ek, pg_temp AS $$
    SELECT c.head_seq, c.head_hash FROM ek.audit_chain c
$$;
-- +goose StatementEnd

-- How many committed entries are outside the chain although they are older than
-- what it has reached: none, unless somebody cut a link out.
-- +goose StatementBegin
CREATE FUNCTION ek_casework.audit_unlinked() RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, ek, pg_temp AS $$
    SELECT count(*) FROM ek.audit_entry e, ek.audit_chain c
    WHERE e.xid < c.linked_below AND NOT EXISTS (SELECT FROM ek.audit_link l WHERE l.entry_id = e.id)
$$;
-- +goose StatementEnd

-- Writes an entry of casework's own.
-- +goose StatementBegin
CREATE FUNCTION ek_casework.audit(p_actor text, p_action text, p_object text, p_detail text)
RETURNS void LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, ek, pg_temp AS $$
    SELECT ek.audit(p_actor, p_action, p_object, p_detail)
$$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION ek_casework.audit, ek_casework.audit_unlinked, ek_casework.audit_head, ek_casework.audit_chain,
    ek_casework.chain_audit, ek.audit_bytes, ek.audit;
DROP INDEX ek.audit_entry_xid;
DROP TABLE ek.audit_chain;
