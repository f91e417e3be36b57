-- Every night, and when asked, a second scorer works out again what is stored
-- (docs/design/0005). A run goes through all scored attempts in the order of their ids;
-- where it stands is committed with what it found, so that any replica goes on with it.

-- +goose Up
CREATE TABLE ek.rescore_run (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    asked       text NOT NULL DEFAULT '', -- the request that stood when it began
    begun_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at timestamptz,
    after       uuid,                     -- the attempt that was compared last
    compared    bigint NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX rescore_one_run ON ek.rescore_run ((true)) WHERE finished_at IS NULL;
CREATE INDEX rescore_run_begun ON ek.rescore_run (begun_at);

-- What two scorers do not agree on. It says where, never what either of them found: the
-- values are sealed, and stay so.
CREATE TABLE ek.score_difference (
    attempt_id uuid NOT NULL REFERENCES ek.attempt,
    instrument text NOT NULL DEFAULT '', -- '' where the kind is of the whole attempt
    scale      text NOT NULL DEFAULT '',
    kind       text NOT NULL CHECK (kind IN ('Missing', 'Unreadable', 'Meaning', 'Scale', 'Band', 'Findings', 'Decision', 'Critical')),
    found_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    run_id     uuid NOT NULL REFERENCES ek.rescore_run, -- the last that found it
    gone_at    timestamptz,                             -- a later run did not find it
    PRIMARY KEY (attempt_id, instrument, scale, kind)
);
CREATE INDEX score_difference_standing ON ek.score_difference (found_at) WHERE gone_at IS NULL;

ALTER TABLE ek.installation ADD COLUMN rescore_asked text NOT NULL DEFAULT '';

ALTER TABLE ek.follow_up DROP CONSTRAINT follow_up_kind_check;
ALTER TABLE ek.follow_up ADD CONSTRAINT follow_up_kind_check
    CHECK (kind IN ('Tier', 'Review', 'Undetermined', 'ScoringFailed', 'ReferralDeclined', 'ScoresDiffer'));

-- When the last nightly run was due: once a night between one and four in the district's
-- own time, at a minute that differs from district to district.
-- +goose StatementBegin
CREATE FUNCTION ek.rescore_due(p_now timestamptz) RETURNS timestamptz LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, ek, pg_temp AS $$
DECLARE
    zone    text := coalesce((SELECT d.body ->> 'timeZone' FROM ek.directory d), 'Asia/Shanghai');
    here    timestamp := p_now AT TIME ZONE zone;
    minutes integer := 60 + (SELECT hashtext(i.district_code) & 2147483647 FROM ek.installation i) % 180;
    slot    timestamp := date_trunc('day', here) + make_interval(mins => minutes);
BEGIN
    -- Instants are compared: where clocks change, the same reading comes twice or not at all.
    RETURN CASE WHEN slot AT TIME ZONE zone > p_now THEN (slot - interval '1 day') AT TIME ZONE zone ELSE slot AT TIME ZONE zone END;
END $$;
-- +goose StatementEnd

-- Begins a run if one is due or asked for and none is under way. A run of a time that is
-- still to come, from before a clock was put right, keeps no night from its own.
-- +goose StatementBegin
CREATE FUNCTION ek.begin_rescore() RETURNS void LANGUAGE sql VOLATILE
SET search_path = pg_catalog, ek, pg_temp AS $$
    INSERT INTO ek.rescore_run (asked) SELECT i.rescore_asked FROM ek.installation i
    WHERE NOT EXISTS (SELECT FROM ek.rescore_run r WHERE r.begun_at BETWEEN ek.rescore_due(clock_timestamp()) AND clock_timestamp())
       OR i.rescore_asked <> '' AND NOT EXISTS (SELECT FROM ek.rescore_run r WHERE r.asked = i.rescore_asked)
    ON CONFLICT ((true)) WHERE finished_at IS NULL DO NOTHING
$$;
-- +goose StatementEnd

-- The run to go on with, until the caller's transaction ends: null when there is nothing
-- to do, when another replica has it in hand, or when a student's form waits to be scored.
-- +goose StatementBegin
CREATE FUNCTION ek_scorer.take_rescore(OUT run uuid, OUT after uuid) LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, ek, pg_temp AS $$
BEGIN
    PERFORM ek.require_durable();
    IF EXISTS (SELECT FROM ek.attempt w WHERE w.state <> 'Draft' AND NOT w.failed AND (w.scored_at IS NULL OR w.recheck)
               AND w.scoring_next_at <= clock_timestamp()) THEN
        RETURN;
    END IF;
    -- The row alone is no lock: replicas that begin at once would each make a run.
    IF NOT pg_try_advisory_xact_lock(hashtext('ek.rescore')) THEN
        RETURN;
    END IF;
    PERFORM ek.begin_rescore();
    SELECT r.id, r.after INTO run, take_rescore.after FROM ek.rescore_run r WHERE r.finished_at IS NULL;
END $$;
-- +goose StatementEnd

-- Ends a run. What it did not find again is gone.
-- +goose StatementBegin
CREATE FUNCTION ek_scorer.finish_rescore(p_run uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, ek, pg_temp AS $$
BEGIN
    PERFORM ek.require_durable();
    UPDATE ek.score_difference SET gone_at = clock_timestamp() WHERE gone_at IS NULL AND run_id <> p_run;
    UPDATE ek.rescore_run SET finished_at = clock_timestamp() WHERE id = p_run;
    INSERT INTO ek.audit_entry (actor, action, object) VALUES (session_user, 'Rescored', 'rescore/' || p_run);
END $$;
-- +goose StatementEnd

-- What the report says of it; null before the first run has ended.
-- +goose StatementBegin
CREATE FUNCTION ek_casework.rescore_report() RETURNS jsonb LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, ek, pg_temp AS $$
    SELECT jsonb_build_object('finishedAtUnix', extract(epoch FROM r.finished_at)::bigint, 'asked', r.asked, 'compared', r.compared,
        'differs', EXISTS (SELECT FROM ek.score_difference d WHERE d.gone_at IS NULL))
    FROM ek.rescore_run r WHERE r.finished_at <= clock_timestamp() ORDER BY r.finished_at DESC LIMIT 1
$$;
-- +goose StatementEnd

-- Where scorers do not agree, for the district's duty staff: an opaque attempt, never whose.
-- +goose StatementBegin
CREATE FUNCTION ek_casework.score_differences(p_subject text, p_groups text[], p_limit integer)
RETURNS TABLE (attempt uuid, school text, round text, instrument text, scale text, kind text, found_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ek, pg_temp AS $$
#variable_conflict use_column
BEGIN
    PERFORM ek.require_durable();
    PERFORM ek.require_role(p_groups, 'DistrictDuty');
    PERFORM ek.audit(p_subject, 'ScoreDifferencesRead', 'score-differences');
    RETURN QUERY
    SELECT d.attempt_id, s.school, a.round, d.instrument, d.scale, d.kind, d.found_at
    FROM ek.score_difference d JOIN ek.attempt a ON a.id = d.attempt_id JOIN ek.student s ON s.id = a.student_id
    WHERE d.gone_at IS NULL AND EXISTS (SELECT FROM ek.staff_group g
        WHERE g.group_name = ANY (p_groups) AND g.role = 'DistrictDuty' AND g.school IN ('', s.school))
    ORDER BY d.found_at, d.attempt_id, d.instrument, d.scale, d.kind LIMIT p_limit;
END $$;
-- +goose StatementEnd

-- Two more facts that must not stand, as those of ek_casework.facts.
-- +goose StatementBegin
CREATE FUNCTION ek_casework.rescore_facts() RETURNS TABLE (fact text, since timestamptz) LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, ek, pg_temp AS $$
    SELECT 'score_differences', (SELECT min(d.found_at) FROM ek.score_difference d WHERE d.gone_at IS NULL)
    UNION ALL SELECT 'rescore_overdue', (
        SELECT due.at FROM (SELECT coalesce(max(r.finished_at), i.initialised_at) + interval '36 hours' AS at
                            FROM ek.installation i LEFT JOIN ek.rescore_run r ON r.finished_at <= clock_timestamp() GROUP BY i.initialised_at) AS due
        WHERE due.at < clock_timestamp())
$$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION ek_casework.rescore_facts, ek_casework.score_differences, ek_casework.rescore_report, ek_scorer.finish_rescore, ek_scorer.take_rescore,
    ek.begin_rescore, ek.rescore_due;
ALTER TABLE ek.follow_up DROP CONSTRAINT follow_up_kind_check;
ALTER TABLE ek.follow_up ADD CONSTRAINT follow_up_kind_check
    CHECK (kind IN ('Tier', 'Review', 'Undetermined', 'ScoringFailed', 'ReferralDeclined'));
ALTER TABLE ek.installation DROP COLUMN rescore_asked;
DROP TABLE ek.score_difference, ek.rescore_run;
