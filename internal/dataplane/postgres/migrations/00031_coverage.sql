-- Who was screened in a school year (docs/design/0010). The ledger is no table: it follows
-- from rows that are append-only or the roster itself, so that it cannot differ from them.

-- +goose Up

-- One state for every active student, by what they did from an instant on:
--   Screened    a response that could be scored: its result is not undetermined
--   Declined    the student declined and has not answered since, or the guardian refuses, or the
--               student's key was shredded: whom nobody asks
--   Unscorable  answered, and no answer could be scored, or none has been yet
--   ConsentMissing, Absent   the rest
-- at is when the response was given or the student declined. What counts is when a student
-- answered, not when the scorer got to it: a form that nobody submitted ended with its session,
-- whenever it was found.
--
-- No search_path of its own and every name qualified: only so is it inlined, and a caller that
-- asks for one student reads one student.
-- +goose StatementBegin
CREATE FUNCTION ek.coverage_since(p_since timestamptz) RETURNS TABLE (student_id uuid, school text, state text, at timestamptz)
LANGUAGE sql STABLE AS $$
    SELECT s.id, s.school, CASE
            WHEN x.screened_at IS NOT NULL THEN 'Screened'
            WHEN s.guardian_consent = 'Refused' OR k.student_id IS NULL OR x.declined_at > coalesce(x.answered_at, '-infinity') THEN 'Declined'
            WHEN x.answered_at IS NOT NULL THEN 'Unscorable'
            WHEN s.guardian_consent = 'Missing' THEN 'ConsentMissing'
            ELSE 'Absent' END,
        CASE WHEN x.screened_at IS NOT NULL THEN x.screened_at
             WHEN s.guardian_consent <> 'Refused' AND k.student_id IS NOT NULL THEN x.declined_at END
    FROM ek.student s LEFT JOIN ek.student_key k ON k.student_id = s.id LEFT JOIN (
        SELECT a.student_id, min(e.ended_at) FILTER (WHERE NOT r.undetermined) AS screened_at,
            max(e.ended_at) FILTER (WHERE a.state = 'Declined') AS declined_at,
            max(e.ended_at) FILTER (WHERE a.state <> 'Declined' AND (r.undetermined OR a.failed OR a.scored_at IS NULL)) AS answered_at
        FROM ek.attempt a LEFT JOIN ek.result r ON r.attempt_id = a.id CROSS JOIN LATERAL (
            SELECT CASE a.state WHEN 'Finalised' THEN least(a.finished_at, a.finalise_at - interval '1 microsecond') ELSE a.finished_at END) AS e (ended_at)
        WHERE e.ended_at >= p_since GROUP BY a.student_id) x ON x.student_id = s.id
    WHERE s.active
$$;
-- +goose StatementEnd

-- ---------------------------------------------------------------- make-up rounds

-- From when on a round's students were not screened; null for a round that is no make-up.
-- +goose StatementBegin
CREATE FUNCTION ek.make_up_since(r ek.round) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT (r.control -> 'cohort' ->> 'notScreenedSince')::timestamptz
$$;
-- +goose StatementEnd

-- Whether a make-up round asks a student of a state. Who declined in the round itself is
-- judged as in every other: a code that is newer opens a form.
-- +goose StatementBegin
CREATE FUNCTION ek.make_up_asks(r ek.round, p_state text, p_at timestamptz) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE p_state WHEN 'Screened' THEN false WHEN 'Declined' THEN coalesce(p_at >= r.opens_at, false) ELSE true END
$$;
-- +goose StatementEnd

-- The students whom a round is for now.
-- +goose StatementBegin
CREATE FUNCTION ek.cohort(r ek.round) RETURNS TABLE (student_id uuid) LANGUAGE sql STABLE
SET search_path = pg_catalog, ek, pg_temp AS $$
    SELECT s.id FROM ek.student s
    WHERE s.active AND r.control -> 'cohort' -> 'schools' ? s.school AND r.control -> 'cohort' -> 'stages' ? s.stage
      AND (ek.make_up_since(r) IS NULL OR s.id IN (
        SELECT c.student_id FROM ek.coverage_since(ek.make_up_since(r)) c WHERE ek.make_up_asks(r, c.state, c.at)))
$$;
-- +goose StatementEnd

-- Set with the release. The roster of a later year is not whom the round invited, and a
-- make-up round's would be counted anew with every report for good.
ALTER TABLE ek.round ADD COLUMN invited bigint;

-- Students of the cohort on the roster. In a make-up round those who have answered in it still
-- count, or it would invite fewer the more of them come.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION ek.invited(r ek.round) RETURNS bigint LANGUAGE sql STABLE SET search_path = pg_catalog, ek, pg_temp AS $$
    SELECT CASE WHEN r.invited IS NOT NULL THEN r.invited
    WHEN ek.make_up_since(r) IS NULL THEN
        (SELECT count(*) FROM ek.student s
         WHERE s.active AND r.control -> 'cohort' -> 'schools' ? s.school AND r.control -> 'cohort' -> 'stages' ? s.stage)
    ELSE (SELECT count(*) FROM (SELECT c.student_id FROM ek.cohort(r) c UNION SELECT p.student_id FROM ek.participants(r.round) p) v) END
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION ek_casework.store_release(p_round text, p_release jsonb) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, ek, pg_temp AS $$
BEGIN
    PERFORM ek.require_durable();
    UPDATE ek.round r SET release = p_release, released_at = clock_timestamp(), invited = ek.invited(r) WHERE r.round = p_round AND r.released_at IS NULL;
    IF FOUND THEN
        PERFORM ek.audit(session_user, 'RoundReleased', 'round/' || p_round);
    END IF;
END $$;
-- +goose StatementEnd

-- Why a right code does not open a form now; null when it does. A make-up round opens none for
-- whom it no longer asks, whenever the code was issued; a form that is running goes on.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION ek.refusal(c ek.code, s ek.student, r ek.round, p_has_draft boolean, p_now timestamptz)
RETURNS text LANGUAGE plpgsql STABLE SET search_path = pg_catalog, ek, pg_temp AS $$
BEGIN
    RETURN CASE
        WHEN c.state = 'Frozen' OR NOT s.active OR NOT EXISTS (SELECT FROM ek.student_key k WHERE k.student_id = s.id)
            THEN 'Frozen'
        WHEN c.state = 'Used' THEN 'Used'
        WHEN EXISTS (SELECT FROM ek.attempt a WHERE a.student_id = s.id AND a.round = r.round
                     AND a.state = 'Declined' AND a.finished_at >= c.issued_at) THEN 'Declined'
        WHEN s.guardian_consent = 'Refused' THEN 'ConsentRefused'
        WHEN NOT p_has_draft AND ek.make_up_since(r) IS NOT NULL AND NOT EXISTS (
            SELECT FROM ek.coverage_since(ek.make_up_since(r)) v
            WHERE v.student_id = s.id AND ek.make_up_asks(r, v.state, v.at)) THEN 'NotAsked'
        WHEN s.guardian_consent <> 'Given' THEN 'ConsentMissing'
        WHEN r.meaning_digest IS NULL OR p_now < r.opens_at THEN 'NotYetOpen'
        WHEN p_now >= r.closes_at THEN 'Closed'
        WHEN r.hold = 'HoldAndDrain' OR (NOT p_has_draft AND (r.hold <> 'None' OR NOT r.listed)) THEN 'Held'
        WHEN NOT p_has_draft AND NOT coalesce(r.control -> 'cohort' -> 'schools' ? s.school, true) THEN 'OutsideSession'
        WHEN ek.session_end(r.round, s.school, p_now) IS NULL THEN 'OutsideSession'
    END;
END $$;
-- +goose StatementEnd

-- The students of a round's cohort who get codes, with what opens their numbers.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION ek_casework.code_holders(p_subject text, p_groups text[], p_round text, p_school text)
RETURNS TABLE (id uuid, school text, label text, sealed_number bytea, wrapped bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ek, pg_temp AS $$
#variable_conflict use_column
DECLARE r ek.round;
BEGIN
    PERFORM ek.require_durable();
    PERFORM ek.require_role(p_groups, 'Registrar');
    SELECT d.* INTO r FROM ek.round d WHERE d.round = p_round;
    IF r.round IS NULL OR r.closes_at <= clock_timestamp() THEN
        PERFORM ek.refuse('EK404', 'round', 'there is no such round, or it has closed', 'write the name of a ScreeningRound that has not closed');
    END IF;
    IF coalesce(p_school, '') <> '' AND p_school NOT IN (SELECT s.name FROM ek_casework.roster_schools(p_groups) s) THEN
        PERFORM ek.refuse('EK404', 'school', 'there is no such school in your scope', 'write the name of a School you are registrar of');
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('ek.roster'));
    PERFORM ek.audit(p_subject, 'CodesIssued', 'round/' || p_round, coalesce(p_school, ''));
    RETURN QUERY
    SELECT s.id, s.school, s.label, s.sealed_number, k.wrapped
    FROM ek.student s JOIN ek.student_key k ON k.student_id = s.id
    WHERE s.id IN (SELECT h.student_id FROM ek.cohort(r) h) AND (coalesce(p_school, '') = '' OR s.school = p_school)
      AND s.school IN (SELECT o.name FROM ek_casework.roster_schools(p_groups) o)
    ORDER BY s.school, s.grade, s.class_label, s.seat;
END $$;
-- +goose StatementEnd

-- ------------------------------------------------------------------- the report

-- The last count, by school: exact, and read by the report alone, which rounds. One row, so
-- that a report that is asked every few seconds does not count a hundred thousand students.
CREATE TABLE ek.coverage_count (
    one        boolean PRIMARY KEY DEFAULT true CHECK (one),
    year_from  timestamptz NOT NULL,
    directory  bigint NOT NULL, -- revision of the directory whose schools these are
    counted_at timestamptz NOT NULL,
    schools    jsonb NOT NULL,  -- [{"name", "eligible", "screened"}] of the active ones, by name
    due        bigint NOT NULL, -- obligations of the year that were contacted or should have been
    in_time    bigint NOT NULL  -- of them, those contacted by the deadline of their last arming
);

-- Counts the school year that began at an instant, unless that was done within p_every or
-- another replica is doing it; says whether it did. Null: there is no rule, and nothing to tell.
-- +goose StatementBegin
CREATE FUNCTION ek_casework.count_coverage(p_year_from timestamptz, p_every interval) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ek, pg_temp AS $$
DECLARE now_at timestamptz := clock_timestamp();
        revision bigint := (SELECT d.revision FROM ek.directory d);
BEGIN
    PERFORM ek.require_durable();
    IF NOT pg_try_advisory_xact_lock(hashtext('ek.coverage')) THEN
        RETURN false;
    END IF;
    IF p_year_from IS NULL THEN
        DELETE FROM ek.coverage_count;
        RETURN false;
    END IF;
    -- A count of a time that is still to come, from before a clock was put right, does not stand.
    IF EXISTS (SELECT FROM ek.coverage_count c WHERE c.year_from = p_year_from AND c.directory = revision
               AND c.counted_at > now_at - p_every AND c.counted_at <= now_at) THEN
        RETURN false;
    END IF;
    INSERT INTO ek.coverage_count AS c (year_from, directory, counted_at, schools, due, in_time)
    SELECT p_year_from, revision, now_at,
        (SELECT coalesce(jsonb_agg(jsonb_build_object('name', h.name, 'eligible', coalesce(n.eligible, 0), 'screened', coalesce(n.screened, 0)) ORDER BY h.name), '[]')
         FROM ek.school h LEFT JOIN (
            SELECT v.school, count(*) FILTER (WHERE v.state <> 'Declined') AS eligible, count(*) FILTER (WHERE v.state = 'Screened') AS screened
            FROM ek.coverage_since(p_year_from) v GROUP BY v.school) n ON n.school = h.name
         WHERE h.active),
        count(*), count(*) FILTER (WHERE o.contacted_at <= o.deadline_at)
    FROM ek.obligation o WHERE o.raised_at >= p_year_from AND (o.contacted_at IS NOT NULL OR o.deadline_at < now_at)
    ON CONFLICT (one) DO UPDATE SET year_from = excluded.year_from, directory = excluded.directory, counted_at = excluded.counted_at,
        schools = excluded.schools, due = excluded.due, in_time = excluded.in_time;
    RETURN true;
END $$;
-- +goose StatementEnd

-- The last count with the rule it is judged by; null without a rule or before the first count.
-- +goose StatementBegin
CREATE FUNCTION ek_casework.coverage_report() RETURNS jsonb LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, ek, pg_temp AS $$
    SELECT jsonb_build_object('yearFromUnix', extract(epoch FROM c.year_from)::bigint, 'schools', c.schools, 'due', c.due, 'inTime', c.in_time,
        'targetPercent', d.body -> 'coverage' -> 'targetPercent', 'cellFloor', d.body -> 'cellFloor')
    FROM ek.coverage_count c, ek.directory d WHERE d.body -> 'coverage' IS NOT NULL
$$;
-- +goose StatementEnd

-- One more fact that must not stand, as those of ek_casework.facts: there is a rule, and for
-- five minutes nobody has counted by it. The report goes on with the last count.
-- +goose StatementBegin
CREATE FUNCTION ek_casework.coverage_facts() RETURNS TABLE (fact text, since timestamptz) LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, ek, pg_temp AS $$
    SELECT 'coverage_uncounted', (
        SELECT due.at FROM (SELECT coalesce(c.counted_at, d.applied_at) + interval '5 minutes' AS at
                            FROM ek.directory d LEFT JOIN ek.coverage_count c ON true WHERE d.body -> 'coverage' IS NOT NULL) AS due
        WHERE due.at < clock_timestamp())
$$;
-- +goose StatementEnd

-- ------------------------------------------------------------------ for the school

-- Whom a school has still to bring: who were not screened in the school year and did not
-- decline. Why somebody who answered is asked again is not the registrar's to know.
-- +goose StatementBegin
CREATE FUNCTION ek_casework.not_screened(p_subject text, p_groups text[], p_school text)
RETURNS TABLE (grade text, class text, seat text, label text, state text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ek, pg_temp AS $$
#variable_conflict use_column
DECLARE since timestamptz := (SELECT c.year_from FROM ek.coverage_count c);
BEGIN
    PERFORM ek.require_durable();
    PERFORM ek.require_role(p_groups, 'Registrar');
    IF p_school IS NULL OR p_school NOT IN (SELECT s.name FROM ek_casework.roster_schools(p_groups) s) THEN
        PERFORM ek.refuse('EK404', 'school', 'there is no such school in your scope', 'write the name of a School you are registrar of');
    END IF;
    IF since IS NULL THEN
        PERFORM ek.refuse('EK409', 'school', 'annual screening is not counted here yet', 'try again in a minute; the province says when its school year begins');
    END IF;
    PERFORM ek.audit(p_subject, 'NotScreenedRead', 'school/' || p_school);
    RETURN QUERY
    SELECT s.grade, s.class_label, s.seat, s.label, CASE s.guardian_consent WHEN 'Missing' THEN 'ConsentMissing' ELSE 'NotScreened' END
    FROM ek.coverage_since(since) v JOIN ek.student s ON s.id = v.student_id
    WHERE v.school = p_school AND v.state NOT IN ('Screened', 'Declined')
    ORDER BY s.grade, s.class_label, s.seat;
END $$;
-- +goose StatementEnd

-- Takes students off the roster who have left the district's schools: they are asked no more,
-- and are nobody's to be screened. What they answered and what it obliges to stays. A later
-- import that lists them as enrolled brings them back.
-- +goose StatementBegin
CREATE FUNCTION ek_casework.students_left(p_subject text, p_groups text[], p_lookups bytea[]) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ek, pg_temp AS $$
DECLARE gone integer;
BEGIN
    PERFORM ek.require_durable();
    PERFORM ek.require_role(p_groups, 'Registrar');
    UPDATE ek.student s SET active = false WHERE s.active AND s.lookup = ANY (p_lookups) AND ek.registrar_of(p_groups, s.school);
    GET DIAGNOSTICS gone = ROW_COUNT;
    PERFORM ek.audit(p_subject, 'StudentsLeft', 'roster', gone || ' left');
    RETURN gone;
END $$;
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION ek.refusal(c ek.code, s ek.student, r ek.round, p_has_draft boolean, p_now timestamptz)
RETURNS text LANGUAGE plpgsql STABLE SET search_path = pg_catalog, ek, pg_temp AS $$
BEGIN
    RETURN CASE
        WHEN c.state = 'Frozen' OR NOT s.active OR NOT EXISTS (SELECT FROM ek.student_key k WHERE k.student_id = s.id)
            THEN 'Frozen'
        WHEN c.state = 'Used' THEN 'Used'
        WHEN EXISTS (SELECT FROM ek.attempt a WHERE a.student_id = s.id AND a.round = r.round
                     AND a.state = 'Declined' AND a.finished_at >= c.issued_at) THEN 'Declined'
        WHEN s.guardian_consent = 'Refused' THEN 'ConsentRefused'
        WHEN s.guardian_consent <> 'Given' THEN 'ConsentMissing'
        WHEN r.meaning_digest IS NULL OR p_now < r.opens_at THEN 'NotYetOpen'
        WHEN p_now >= r.closes_at THEN 'Closed'
        WHEN r.hold = 'HoldAndDrain' OR (NOT p_has_draft AND (r.hold <> 'None' OR NOT r.listed)) THEN 'Held'
        WHEN NOT p_has_draft AND NOT coalesce(r.control -> 'cohort' -> 'schools' ? s.school, true) THEN 'OutsideSession'
        WHEN ek.session_end(r.round, s.school, p_now) IS NULL THEN 'OutsideSession'
    END;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION ek.invited(r ek.round) RETURNS bigint LANGUAGE sql STABLE SET search_path = pg_catalog, ek, pg_temp AS $$
    SELECT count(*) FROM ek.student s
    WHERE s.active AND r.control -> 'cohort' -> 'schools' ? s.school AND r.control -> 'cohort' -> 'stages' ? s.stage
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION ek_casework.code_holders(p_subject text, p_groups text[], p_round text, p_school text)
RETURNS TABLE (id uuid, school text, label text, sealed_number bytea, wrapped bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ek, pg_temp AS $$
#variable_conflict use_column
DECLARE r ek.round;
BEGIN
    PERFORM ek.require_durable();
    PERFORM ek.require_role(p_groups, 'Registrar');
    SELECT d.* INTO r FROM ek.round d WHERE d.round = p_round;
    IF r.round IS NULL OR r.closes_at <= clock_timestamp() THEN
        PERFORM ek.refuse('EK404', 'round', 'there is no such round, or it has closed', 'write the name of a ScreeningRound that has not closed');
    END IF;
    IF coalesce(p_school, '') <> '' AND p_school NOT IN (SELECT s.name FROM ek_casework.roster_schools(p_groups) s) THEN
        PERFORM ek.refuse('EK404', 'school', 'there is no such school in your scope', 'write the name of a School you are registrar of');
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('ek.roster'));
    PERFORM ek.audit(p_subject, 'CodesIssued', 'round/' || p_round, coalesce(p_school, ''));
    RETURN QUERY
    SELECT s.id, s.school, s.label, s.sealed_number, k.wrapped
    FROM ek.student s JOIN ek.student_key k ON k.student_id = s.id
    WHERE s.active AND (coalesce(p_school, '') = '' OR s.school = p_school)
      AND s.school IN (SELECT o.name FROM ek_casework.roster_schools(p_groups) o)
      AND r.control -> 'cohort' -> 'schools' ? s.school AND r.control -> 'cohort' -> 'stages' ? s.stage
    ORDER BY s.school, s.grade, s.class_label, s.seat;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION ek_casework.store_release(p_round text, p_release jsonb) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, ek, pg_temp AS $$
BEGIN
    PERFORM ek.require_durable();
    UPDATE ek.round SET release = p_release, released_at = clock_timestamp() WHERE round = p_round AND released_at IS NULL;
    IF FOUND THEN
        PERFORM ek.audit(session_user, 'RoundReleased', 'round/' || p_round);
    END IF;
END $$;
-- +goose StatementEnd

ALTER TABLE ek.round DROP COLUMN invited;
DROP FUNCTION ek_casework.students_left, ek_casework.not_screened, ek_casework.coverage_facts, ek_casework.coverage_report, ek_casework.count_coverage, ek.cohort, ek.make_up_asks, ek.make_up_since,
    ek.coverage_since;
DROP TABLE ek.coverage_count;
