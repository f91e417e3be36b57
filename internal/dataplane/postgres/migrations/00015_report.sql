-- What a district tells the operator. Conservation facts come from one statement,
-- since two that compute a law tear under load; counts leave this schema only to be
-- rounded or suppressed.

-- +goose Up

-- A step was attempted when somebody was tried. An obligation whose chain moved but
-- whose notifications nobody has even taken in hand is not on time, nor is one that
-- found nobody on duty and has none.
CREATE VIEW ek_casework.untried AS
    SELECT o.id, o.number, u.since FROM ek.obligation o CROSS JOIN LATERAL ek.unheard_since(o, true) AS u (since)
    WHERE o.state IN ('Raised', 'Notified', 'Owned') AND u.since < clock_timestamp() - interval '30 seconds';

-- Whether the chain of duty can reach people: for every level that a round which is
-- not over may call, a duty person with an address (for School, in every school of the cohort),
-- and two transports of which at least one answered last.
-- +goose StatementBegin
CREATE FUNCTION ek.duty_reach() RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, ek, pg_temp AS $$
    WITH person AS (
        SELECT DISTINCT p.level, p.school FROM ek.duty_person p
        JOIN ek.duty_address a ON a.person_id = p.id JOIN ek.transport t ON t.name = a.transport AND t.active
        WHERE p.active
    ), used AS (
        SELECT DISTINCT r.round, s.level, r.control FROM ek.round r
        JOIN ek.round_tier t ON t.round = r.round AND t.does_notify
        JOIN ek.round_step s ON s.round = t.round AND s.tier_rank = t.rank
        WHERE r.closes_at > clock_timestamp()
    ), gap AS (
        SELECT FROM used u WHERE u.level <> 'School' AND u.level NOT IN (SELECT p.level FROM person p)
        UNION ALL
        SELECT FROM used u CROSS JOIN LATERAL jsonb_array_elements_text(u.control -> 'cohort' -> 'schools') AS c (school)
        WHERE u.level = 'School' AND NOT EXISTS (SELECT FROM person p WHERE p.level = 'School' AND p.school = c.school)
    ), way AS (
        SELECT count(*) AS n, count(*) FILTER (WHERE reach = 'Reachable') AS answering, count(*) FILTER (WHERE reach = 'Unknown') AS unknown
        FROM ek.transport WHERE active
    )
    SELECT CASE
        WHEN way.n < 2 OR EXISTS (SELECT FROM gap) OR NOT EXISTS (SELECT FROM person) THEN 'Unreachable'
        WHEN way.answering > 0 THEN 'Reachable'
        WHEN way.unknown > 0 THEN 'Unknown'
        ELSE 'Unreachable' END
    FROM way
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION ek.round_state(r ek.round, p_now timestamptz) RETURNS text LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, ek, pg_temp AS $$
    SELECT CASE
        WHEN r.released_at IS NOT NULL THEN 'Released'
        WHEN p_now < r.opens_at THEN 'Scheduled'
        WHEN p_now >= r.closes_at THEN 'Closed'
        WHEN r.hold <> 'None' OR NOT r.listed OR r.meaning_digest IS NULL THEN 'Held'
        ELSE 'Open' END
$$;
-- +goose StatementEnd

-- Students of the cohort on the roster.
-- +goose StatementBegin
CREATE FUNCTION ek.invited(r ek.round) RETURNS bigint LANGUAGE sql STABLE SET search_path = pg_catalog, ek, pg_temp AS $$
    SELECT count(*) FROM ek.student s
    WHERE s.active AND r.control -> 'cohort' -> 'schools' ? s.school AND r.control -> 'cohort' -> 'stages' ? s.stage
$$;
-- +goose StatementEnd

-- Students with an accepted answer in a round.
-- +goose StatementBegin
CREATE FUNCTION ek.participants(p_round text) RETURNS TABLE (student_id uuid) LANGUAGE sql STABLE
SET search_path = pg_catalog, ek, pg_temp AS $$
    SELECT DISTINCT a.student_id FROM ek.attempt a
    WHERE a.round = p_round AND EXISTS (SELECT FROM ek.answer_event e WHERE e.attempt_id = a.id AND e.disposition = 'Accepted')
$$;
-- +goose StatementEnd

-- The report before rounding: one statement, one snapshot.
-- +goose StatementBegin
CREATE FUNCTION ek_casework.report() RETURNS jsonb LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, ek, pg_temp AS $$
    SELECT jsonb_build_object(
        'atUnix', extract(epoch FROM clock_timestamp())::bigint,
        'schemaVersion', (SELECT i.schema_version FROM ek.installation i),
        'directory', (SELECT jsonb_build_object('revision', d.revision, 'digest', d.digest) FROM ek.directory d),
        'dutyChain', ek.duty_reach(),
        'obligationsOpen', EXISTS (SELECT FROM ek.obligation o WHERE o.state <> 'Closed'),
        'covered', NOT EXISTS (SELECT FROM ek_casework.uncovered_sources) AND NOT EXISTS (SELECT FROM ek_casework.baseless_obligations),
        'onTime', NOT EXISTS (SELECT FROM ek_casework.late_steps) AND NOT EXISTS (SELECT FROM ek_casework.untried),
        'auditHead', (SELECT CASE WHEN c.head_seq > 0 THEN encode(c.head_hash, 'hex') ELSE '' END FROM ek.audit_chain c),
        'channels', (SELECT coalesce(jsonb_agg(jsonb_build_object('name', c.name, 'reach', c.reach) ORDER BY c.name), '[]') FROM ek.channel c WHERE c.active),
        'transports', (SELECT coalesce(jsonb_agg(jsonb_build_object('name', t.name, 'reach', t.reach) ORDER BY t.name), '[]') FROM ek.transport t WHERE t.active),
        'rounds', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                'round', r.round, 'state', ek.round_state(r, clock_timestamp()), 'meaning', coalesce(r.meaning_digest, ''),
                'revision', r.control_revision, 'digest', r.control_digest, 'invited', ek.invited(r),
                'answered', (SELECT count(*) FROM ek.participants(r.round)), 'release', r.release) ORDER BY r.round), '[]')
            FROM ek.round r))
$$;
-- +goose StatementEnd

-- The rounds whose figures can be made final: closed, nothing in draft, everything
-- scored or given to a person.
-- +goose StatementBegin
CREATE FUNCTION ek.releasable(r ek.round) RETURNS boolean LANGUAGE sql STABLE SET search_path = pg_catalog, ek, pg_temp AS $$
    SELECT r.released_at IS NULL AND r.meaning_digest IS NOT NULL AND r.closes_at <= clock_timestamp()
       AND NOT EXISTS (SELECT FROM ek.attempt a WHERE a.round = r.round AND (a.state = 'Draft' OR (a.scored_at IS NULL AND NOT a.failed)))
$$;
-- +goose StatementEnd

-- Locks one such round and counts its students by the severest result each, by rank
-- and then None. A student whose every response failed to be scored counts as undetermined.
-- +goose StatementBegin
CREATE FUNCTION ek_casework.take_release(OUT round text, OUT floor integer, OUT counts bigint[])
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ek, pg_temp AS $$
DECLARE r ek.round;
BEGIN
    SELECT d.* INTO r FROM ek.round d WHERE ek.releasable(d) ORDER BY d.round LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF r.round IS NULL OR NOT ek.releasable(r) THEN
        RETURN;
    END IF;
    round := r.round;
    floor := (SELECT (d.body ->> 'cellFloor')::integer FROM ek.directory d);
    WITH severest AS (
        SELECT p.student_id, least(
            (SELECT min(x.tier_rank) FROM ek.result x WHERE x.student_id = p.student_id AND x.round = r.round),
            (SELECT r.undetermined_rank FROM ek.attempt a WHERE a.student_id = p.student_id AND a.round = r.round AND a.failed LIMIT 1)) AS rank
        FROM ek.participants(r.round) p
    ), tiers AS (
        SELECT t.rank FROM ek.round_tier t WHERE t.round = r.round
        UNION ALL SELECT NULL
    )
    SELECT array_agg((SELECT count(*) FROM severest s WHERE s.rank IS NOT DISTINCT FROM t.rank) ORDER BY t.rank NULLS LAST)
    INTO counts FROM tiers t;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION ek_casework.store_release(p_round text, p_release jsonb) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, ek, pg_temp AS $$
BEGIN
    PERFORM ek.require_durable();
    UPDATE ek.round SET release = p_release, released_at = clock_timestamp() WHERE round = p_round AND released_at IS NULL;
    IF FOUND THEN
        PERFORM ek.audit(session_user, 'RoundReleased', 'round/' || p_round);
    END IF;
END $$;
-- +goose StatementEnd

-- Once stored, a release is what it is.
-- +goose StatementBegin
CREATE FUNCTION ek.keep_release() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.released_at IS NOT NULL AND (NEW.released_at, NEW.release) IS DISTINCT FROM (OLD.released_at, OLD.release) THEN
        RAISE EXCEPTION 'a release is stored once' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER keep_release BEFORE UPDATE ON ek.round FOR EACH ROW EXECUTE FUNCTION ek.keep_release();

-- A closing that was brought forward ends the drafts with it.
-- +goose StatementBegin
CREATE FUNCTION ek_casework.cut_drafts(p_round text) RETURNS void LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, ek, pg_temp AS $$
    UPDATE ek.attempt a SET finalise_at = r.closes_at FROM ek.round r
    WHERE r.round = p_round AND a.round = r.round AND a.state = 'Draft' AND a.finalise_at > r.closes_at
$$;
-- +goose StatementEnd

-- What may be shown without saying how much: for metrics, 0 or 1 and an age.
-- +goose StatementBegin
CREATE FUNCTION ek_casework.facts() RETURNS TABLE (fact text, since timestamptz) LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, ek, pg_temp AS $$
    SELECT 'uncovered_sources', (SELECT min(v.since) FROM ek_casework.uncovered_sources v)
    UNION ALL SELECT 'baseless_obligations', (SELECT min(v.since) FROM ek_casework.baseless_obligations v)
    UNION ALL SELECT 'late_steps', (SELECT min(v.since) FROM ek_casework.late_steps v)
    UNION ALL SELECT 'undelivered', (SELECT min(v.since) FROM ek_casework.undelivered v)
    UNION ALL SELECT 'overdue', (SELECT min(o.deadline_at) FROM ek.obligation o WHERE o.state IN ('Raised', 'Notified', 'Owned') AND o.deadline_at < clock_timestamp())
    UNION ALL SELECT 'referral_undelivered', (SELECT min(r.released_at) FROM ek.referral r WHERE r.state = 'Released' AND r.released_at < clock_timestamp() - interval '30 seconds')
$$;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER keep_release ON ek.round;
DROP FUNCTION ek_casework.facts, ek_casework.cut_drafts, ek.keep_release, ek_casework.store_release, ek_casework.take_release, ek.releasable,
    ek_casework.report, ek.participants, ek.invited, ek.round_state, ek.duty_reach;
DROP VIEW ek_casework.untried;
