-- Drills of the chain of duty (docs/design/0011-duty-drill.md). They have tables and a
-- queue of their own: nothing that watches over obligations reads them, and what is real
-- is sent first.

-- +goose Up
CREATE TABLE ek.drill (
    id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    number          text NOT NULL UNIQUE DEFAULT ek.opaque_number(),
    begun_by        text NOT NULL, -- a subject, or the role of a casework that began by itself
    begun_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at      timestamptz NOT NULL DEFAULT clock_timestamp() + interval '12 hours',
    acknowledged_at timestamptz, -- when the last of what it wants was there
    ended_at        timestamptz
);
CREATE UNIQUE INDEX drill_one_open ON ek.drill ((true)) WHERE ended_at IS NULL;
CREATE INDEX drill_begun ON ek.drill (begun_at);
CREATE INDEX drill_acknowledged ON ek.drill (acknowledged_at);

-- What a drill wants: somebody of the level, of that school; '' is any, or a level without schools.
CREATE TABLE ek.drill_wanted (
    drill_id uuid NOT NULL REFERENCES ek.drill,
    level    text NOT NULL,
    school   text NOT NULL DEFAULT '',
    PRIMARY KEY (drill_id, level, school)
);

CREATE TABLE ek.drill_answer (
    drill_id uuid NOT NULL REFERENCES ek.drill,
    subject  text NOT NULL,
    level    text NOT NULL,
    school   text NOT NULL DEFAULT '',
    at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (drill_id, subject, level, school)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ek.drill_answer
    FOR EACH STATEMENT EXECUTE FUNCTION ek.refuse_change();

CREATE TABLE ek.drill_call (
    id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    drill_id     uuid NOT NULL REFERENCES ek.drill,
    transport    text NOT NULL,
    person_id    uuid NOT NULL REFERENCES ek.duty_person,
    tries        integer NOT NULL DEFAULT 0,
    next_try_at  timestamptz DEFAULT clock_timestamp(),
    accepted_at  timestamptz,
    delivered_at timestamptz,
    last_fault   text, -- Dropped: the person has answered, or another drill has begun
    UNIQUE (drill_id, transport, person_id)
);
CREATE INDEX drill_call_due ON ek.drill_call (transport, next_try_at) WHERE next_try_at IS NOT NULL;

-- ------------------------------------------------------------- who may be called

CREATE VIEW ek.on_duty AS
    SELECT DISTINCT p.id, p.subject, p.level, p.school FROM ek.duty_person p
    JOIN ek.duty_address a ON a.person_id = p.id JOIN ek.transport t ON t.name = a.transport AND t.active
    WHERE p.active;

-- The schools of a control's cohort, none when it has no list.
-- +goose StatementBegin
CREATE FUNCTION ek.cohort_schools(p_control jsonb) RETURNS SETOF text LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, ek, pg_temp AS $$
    SELECT jsonb_array_elements_text(CASE jsonb_typeof(p_control -> 'cohort' -> 'schools')
        WHEN 'array' THEN p_control -> 'cohort' -> 'schools' ELSE '[]' END)
$$;
-- +goose StatementEnd

-- Whom a round that is not over may call; School for every school of its cohort.
CREATE VIEW ek.callable AS
    WITH used AS (
        SELECT DISTINCT r.round, s.level, r.control FROM ek.round r
        JOIN ek.round_tier t ON t.round = r.round AND t.does_notify
        JOIN ek.round_step s ON s.round = t.round AND s.tier_rank = t.rank
        WHERE r.closes_at > clock_timestamp()
    )
    SELECT u.level, '' AS school FROM used u WHERE u.level <> 'School'
    UNION
    SELECT u.level, c.school FROM used u CROSS JOIN LATERAL ek.cohort_schools(u.control) AS c (school)
    WHERE u.level = 'School';

-- As before, in the words of the two views.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION ek.duty_reach() RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, ek, pg_temp AS $$
    WITH way AS (
        SELECT count(*) AS n, count(*) FILTER (WHERE reach = 'Reachable') AS answering, count(*) FILTER (WHERE reach = 'Unknown') AS unknown
        FROM ek.transport WHERE active
    )
    SELECT CASE
        WHEN way.n < 2 OR NOT EXISTS (SELECT FROM ek.on_duty) OR EXISTS (
            SELECT FROM ek.callable c WHERE NOT EXISTS (
                SELECT FROM ek.on_duty p WHERE p.level = c.level AND (c.level <> 'School' OR p.school = c.school))) THEN 'Unreachable'
        WHEN way.answering > 0 THEN 'Reachable'
        WHEN way.unknown > 0 THEN 'Unknown'
        ELSE 'Unreachable' END
    FROM way
$$;
-- +goose StatementEnd

-- The levels that rounds may call now.
-- +goose StatementBegin
CREATE FUNCTION ek.called_levels() RETURNS text[] LANGUAGE sql STABLE SET search_path = pg_catalog, ek, pg_temp AS $$
    SELECT coalesce(array_agg(DISTINCT c.level), '{}') FROM ek.callable c
$$;
-- +goose StatementEnd

-- Whether a drill was held at every one of these levels. A school that joined a cohort since does not
-- undo it. Whoever asks of many drills works out called_levels once.
-- +goose StatementBegin
CREATE FUNCTION ek.drill_covers(p_drill uuid, p_levels text[]) RETURNS boolean LANGUAGE sql STABLE SET search_path = pg_catalog, ek, pg_temp AS $$
    SELECT NOT EXISTS (SELECT FROM unnest(p_levels) AS l (level)
        WHERE NOT EXISTS (SELECT FROM ek.drill_wanted w WHERE w.drill_id = p_drill AND w.level = l.level))
$$;
-- +goose StatementEnd

CREATE VIEW ek.drill_missing AS
    SELECT w.drill_id, w.level, w.school FROM ek.drill_wanted w
    WHERE NOT EXISTS (SELECT FROM ek.drill_answer a
        WHERE a.drill_id = w.drill_id AND a.level = w.level AND w.school IN ('', a.school));

-- The latest drill. One of a time still to come, from before a clock was put right, is none.
-- +goose StatementBegin
CREATE FUNCTION ek.latest_drill() RETURNS uuid LANGUAGE sql STABLE SET search_path = pg_catalog, ek, pg_temp AS $$
    SELECT d.id FROM ek.drill d WHERE d.begun_at <= clock_timestamp() ORDER BY d.begun_at DESC LIMIT 1
$$;
-- +goose StatementEnd

-- ------------------------------------------------------------------ when one is due

-- The occasions that stand at an instant: from due_at to until a drill should have begun
-- since. On a day with a session, two hours before the first one of any round; 20 hours
-- before an opening. People are not called before six in the morning, in the district's own time.
-- +goose StatementBegin
CREATE FUNCTION ek.drill_occasions(p_now timestamptz) RETURNS TABLE (due_at timestamptz, since timestamptz, until timestamptz)
LANGUAGE sql STABLE SET search_path = pg_catalog, ek, pg_temp AS $$
    WITH zone AS (
        SELECT coalesce((SELECT d.body ->> 'timeZone' FROM ek.directory d), 'Asia/Shanghai') AS name
    ), day AS (
        SELECT b.at AT TIME ZONE zone.name AS from_at, (b.at + interval '1 day') AT TIME ZONE zone.name AS to_at,
               (b.at + interval '6 hours') AT TIME ZONE zone.name AS six
        FROM zone CROSS JOIN LATERAL date_trunc('day', p_now AT TIME ZONE zone.name) AS b (at)
    ), listed AS ( -- the default sessions are those of the schools of the cohort without sessions of their own
        SELECT r.round, r.opens_at, r.closes_at, r.control -> 'cohort' -> 'schools' AS schools, EXISTS (
            SELECT FROM ek.cohort_schools(r.control) AS c (school)
            WHERE NOT EXISTS (SELECT FROM ek.round_session o WHERE o.round = r.round AND o.school = c.school)) AS by_default
        FROM ek.round r WHERE r.listed AND r.closes_at > p_now
    ), today AS (
        SELECT min(s.from_at) AS first_at, max(least(s.to_at, r.closes_at)) AS last_at
        FROM listed r JOIN ek.round_session s ON s.round = r.round, day
        WHERE s.from_at < least(day.to_at, r.closes_at) AND s.to_at > day.from_at
          AND CASE WHEN s.school = '' THEN r.by_default ELSE r.schools ? s.school END
    )
    SELECT greatest(t.first_at - interval '2 hours', day.six), day.from_at, least(t.last_at, day.to_at)
    FROM today t, day WHERE t.first_at IS NOT NULL
    UNION ALL
    SELECT greatest(early.at, date_trunc('day', early.at) + interval '6 hours') AT TIME ZONE zone.name, r.opens_at - interval '20 hours', r.opens_at
    FROM zone, listed r CROSS JOIN LATERAL (SELECT (r.opens_at - interval '20 hours') AT TIME ZONE zone.name) AS early (at)
    WHERE r.opens_at > p_now
$$;
-- +goose StatementEnd

-- Whether casework should begin a drill by itself.
-- +goose StatementBegin
CREATE FUNCTION ek.drill_due(p_now timestamptz) RETURNS boolean LANGUAGE sql STABLE SET search_path = pg_catalog, ek, pg_temp AS $$
    SELECT NOT EXISTS (SELECT FROM ek.drill d WHERE d.ended_at IS NULL OR d.begun_at BETWEEN p_now - interval '1 hour' AND p_now)
       AND EXISTS (SELECT FROM ek.drill_occasions(p_now) o
            WHERE o.due_at <= p_now AND p_now < o.until
              AND NOT EXISTS (SELECT FROM ek.drill d WHERE d.begun_at BETWEEN o.since AND p_now AND ek.drill_covers(d.id, (SELECT ek.called_levels()))))
$$;
-- +goose StatementEnd

-- ------------------------------------------------------------------- beginning and ending

-- Calls whoever is on duty and was not called yet. Returns how many calls were added.
-- +goose StatementBegin
CREATE FUNCTION ek.call_for_drill(p_drill uuid) RETURNS integer LANGUAGE plpgsql SET search_path = pg_catalog, ek, pg_temp AS $$
DECLARE made integer;
BEGIN
    INSERT INTO ek.drill_call (drill_id, transport, person_id)
    SELECT p_drill, t.name, p.id FROM ek.duty_person p
    JOIN ek.duty_address a ON a.person_id = p.id JOIN ek.transport t ON t.name = a.transport AND t.active
    WHERE p.active AND NOT EXISTS (SELECT FROM ek.drill_answer w WHERE w.drill_id = p_drill AND w.subject = p.subject)
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS made = ROW_COUNT;
    IF made > 0 THEN
        PERFORM pg_notify('ek_drill', '');
    END IF;
    RETURN made;
END $$;
-- +goose StatementEnd

-- Begins a drill and returns its number; null when one is under way or nobody is on duty.
-- +goose StatementBegin
CREATE FUNCTION ek.begin_drill(p_by text) RETURNS text LANGUAGE plpgsql SET search_path = pg_catalog, ek, pg_temp AS $$
DECLARE d ek.drill;
BEGIN
    IF NOT EXISTS (SELECT FROM ek.on_duty) THEN
        RETURN NULL;
    END IF;
    INSERT INTO ek.drill (begun_by) VALUES (p_by) ON CONFLICT ((true)) WHERE ended_at IS NULL DO NOTHING RETURNING * INTO d;
    IF d.id IS NULL THEN
        RETURN NULL;
    END IF;
    UPDATE ek.drill_call SET next_try_at = NULL, last_fault = 'Dropped' WHERE next_try_at IS NOT NULL;
    INSERT INTO ek.drill_wanted (drill_id, level, school)
    SELECT d.id, c.level, c.school FROM ek.callable c
    UNION
    SELECT d.id, p.level, '' FROM ek.on_duty p WHERE NOT EXISTS (SELECT FROM ek.callable);
    PERFORM ek.call_for_drill(d.id);
    PERFORM ek.audit(p_by, 'DrillBegun', 'drill/' || d.id);
    RETURN d.number;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION ek.expire_drills() RETURNS void LANGUAGE sql VOLATILE SET search_path = pg_catalog, ek, pg_temp AS $$
    WITH over AS (
        UPDATE ek.drill SET ended_at = clock_timestamp()
        WHERE ended_at IS NULL AND (expires_at <= clock_timestamp() OR begun_at > clock_timestamp() + interval '1 minute')
        RETURNING id
    )
    SELECT ek.audit(session_user, 'DrillExpired', 'drill/' || over.id) FROM over
$$;
-- +goose StatementEnd

-- What casework does by itself, a few times a minute and in one replica at a time: ends
-- the drill whose time is up, calls who came on duty while one is under way, and begins one that is due.
-- +goose StatementBegin
CREATE FUNCTION ek_casework.advance_drills() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, ek, pg_temp AS $$
BEGIN
    PERFORM ek.require_durable();
    IF NOT pg_try_advisory_xact_lock(hashtext('ek.drill')) THEN
        RETURN;
    END IF;
    PERFORM ek.expire_drills();
    PERFORM ek.call_for_drill(d.id) FROM ek.drill d WHERE d.ended_at IS NULL;
    IF ek.drill_due(clock_timestamp()) THEN
        PERFORM ek.begin_drill(session_user);
    END IF;
END $$;
-- +goose StatementEnd

-- A drill calls the whole district: so does whoever begins it answer for the whole district.
-- +goose StatementBegin
CREATE FUNCTION ek.may_drill(p_groups text[]) RETURNS boolean LANGUAGE sql STABLE SET search_path = pg_catalog, ek, pg_temp AS $$
    SELECT EXISTS (SELECT FROM ek.staff_group g
        WHERE g.group_name = ANY (p_groups) AND g.role IN ('DistrictDuty', 'Registrar') AND g.school = '')
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION ek_casework.begin_drill(p_subject text, p_human boolean, p_groups text[]) RETURNS text LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, ek, pg_temp AS $$
DECLARE number text;
BEGIN
    PERFORM ek.require_durable();
    IF NOT p_human THEN
        PERFORM ek.refuse('EK403', 'subject', 'a service account cannot begin a drill', 'let a person sign in and begin it');
    END IF;
    PERFORM ek.require_role(p_groups, 'DistrictDuty', 'Registrar');
    IF NOT ek.may_drill(p_groups) THEN
        PERFORM ek.refuse('EK403', 'groups', 'your groups are those of one school, and a drill calls the whole district',
            'ask the district''s duty or its registrar to begin it');
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('ek.drill'));
    PERFORM ek.expire_drills();
    IF EXISTS (SELECT FROM ek.drill d WHERE d.ended_at IS NULL) THEN
        PERFORM ek.refuse('EK409', 'drill', 'a drill is under way', 'wait until it is acknowledged or twelve hours are over; GET /api/v1/drill shows how it stands');
    END IF;
    number := ek.begin_drill(p_subject);
    IF number IS NULL THEN
        PERFORM ek.refuse('EK409', 'duty', 'nobody is on duty with an address', 'store a duty list first: PUT /api/v1/duty');
    END IF;
    RETURN number;
END $$;
-- +goose StatementEnd

-- ------------------------------------------------------------------- acknowledging

-- Whether somebody of these groups may act on obligations for which a level is called.
-- +goose StatementBegin
CREATE FUNCTION ek.may_act(p_groups text[], p_level text, p_school text) RETURNS boolean LANGUAGE sql STABLE
SET search_path = pg_catalog, ek, pg_temp AS $$
    SELECT EXISTS (SELECT FROM ek.staff_group g WHERE g.group_name = ANY (p_groups) AND CASE p_level
        WHEN 'School'   THEN g.role = 'SchoolDuty' AND g.school = p_school OR g.role = 'DistrictDuty' AND g.school IN ('', p_school)
        WHEN 'District' THEN g.role = 'DistrictDuty' AND g.school = '' -- it is called for every school
        WHEN 'City'     THEN g.role = 'CityDuty'
        ELSE false END)
$$;
-- +goose StatementEnd

-- Somebody on duty says so. It counts for every level that the person is on the duty list
-- for and may act at. Until a drill expires it takes answers, also when it needs no more.
-- +goose StatementBegin
CREATE FUNCTION ek_casework.acknowledge_drill(p_subject text, p_human boolean, p_groups text[]) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, ek, pg_temp AS $$
DECLARE d ek.drill; levels text;
BEGIN
    PERFORM ek.require_durable();
    IF NOT p_human THEN
        PERFORM ek.refuse('EK403', 'subject', 'a service account is not on duty', 'let the person on duty sign in and acknowledge');
    END IF;
    PERFORM ek.require_role(p_groups, 'SchoolDuty', 'DistrictDuty', 'CityDuty');
    -- One after the other: the last of them ends it. And not while another begins, which drops the calls of the one before.
    PERFORM pg_advisory_xact_lock(hashtext('ek.drill'));
    SELECT l.* INTO d FROM ek.drill l WHERE l.id = ek.latest_drill();
    IF d.id IS NULL OR d.expires_at <= clock_timestamp() THEN
        PERFORM ek.refuse('EK409', 'drill', 'no drill is under way', 'nothing is to be done; acknowledge when a drill calls you');
    END IF;
    IF NOT EXISTS (SELECT FROM ek.on_duty p WHERE p.subject = p_subject) THEN
        PERFORM ek.refuse('EK403', 'subject', 'you are not on the duty list with an address', 'ask the registrar, who keeps the duty list');
    END IF;
    WITH stored AS (
        INSERT INTO ek.drill_answer (drill_id, subject, level, school)
        SELECT d.id, p.subject, p.level, p.school FROM ek.on_duty p
        WHERE p.subject = p_subject AND ek.may_act(p_groups, p.level, p.school)
        ON CONFLICT DO NOTHING RETURNING level, school
    )
    SELECT string_agg(btrim(s.level || ' ' || s.school), ', ' ORDER BY s.level, s.school) INTO levels FROM stored s;
    IF levels IS NULL AND NOT EXISTS (SELECT FROM ek.drill_answer a WHERE a.drill_id = d.id AND a.subject = p_subject) THEN
        PERFORM ek.refuse('EK403', 'groups', 'you are on duty for a level at which none of your groups may act',
            'ask the district to put you into the group of that duty, or the registrar to correct the duty list');
    END IF;
    IF levels IS NULL THEN
        RETURN; -- said before
    END IF;
    UPDATE ek.drill_call c SET next_try_at = NULL, last_fault = 'Dropped' FROM ek.duty_person p
    WHERE c.drill_id = d.id AND c.next_try_at IS NOT NULL AND p.id = c.person_id AND p.subject = p_subject;
    PERFORM ek.audit(p_subject, 'DrillAcknowledged', 'drill/' || d.id, levels);
    IF d.ended_at IS NULL AND NOT EXISTS (SELECT FROM ek.drill_missing m WHERE m.drill_id = d.id) THEN
        UPDATE ek.drill SET acknowledged_at = n.at, ended_at = n.at FROM (SELECT clock_timestamp()) AS n (at) WHERE id = d.id;
    END IF;
END $$;
-- +goose StatementEnd

-- How the latest drill stands, for whoever looks: always one row. Who is missing is for the
-- district's duty alone.
-- +goose StatementBegin
CREATE FUNCTION ek_casework.drill(p_subject text, p_groups text[])
RETURNS TABLE (state text, number text, begun_at timestamptz, expires_at timestamptz, acknowledged_at timestamptz,
    on_duty boolean, answered boolean, may_answer boolean, may_begin boolean, missing jsonb)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ek, pg_temp AS $$
#variable_conflict use_column
BEGIN
    PERFORM ek.require_role(p_groups, 'SchoolDuty', 'DistrictDuty', 'CityDuty', 'Registrar');
    RETURN QUERY
    SELECT CASE WHEN d.id IS NULL THEN 'Never' WHEN d.acknowledged_at IS NOT NULL THEN 'Acknowledged'
                WHEN d.expires_at > clock_timestamp() AND d.ended_at IS NULL THEN 'UnderWay' ELSE 'Expired' END,
           d.number, d.begun_at, d.expires_at, d.acknowledged_at,
           EXISTS (SELECT FROM ek.on_duty p WHERE p.subject = p_subject),
           EXISTS (SELECT FROM ek.drill_answer a WHERE a.drill_id = d.id AND a.subject = p_subject),
           coalesce(d.expires_at > clock_timestamp(), false) AND EXISTS (
               SELECT FROM ek.on_duty p WHERE p.subject = p_subject AND ek.may_act(p_groups, p.level, p.school)
                   AND NOT EXISTS (SELECT FROM ek.drill_answer a WHERE a.drill_id = d.id
                       AND a.subject = p.subject AND a.level = p.level AND a.school = p.school)),
           ek.may_drill(p_groups),
           CASE WHEN ek.has_role(p_groups, 'DistrictDuty') THEN coalesce((
               SELECT jsonb_agg(jsonb_build_object('level', m.level, 'school', m.school, 'schoolZh', coalesce(s.title_zh, ''), 'schoolEn', coalesce(s.title_en, ''))
                   ORDER BY m.level, m.school)
               FROM ek.drill_missing m LEFT JOIN ek.school s ON s.name = m.school WHERE m.drill_id = d.id), '[]') END
    FROM (SELECT ek.latest_drill()) AS l (id) LEFT JOIN ek.drill d ON d.id = l.id;
END $$;
-- +goose StatementEnd

-- ------------------------------------------------------------------------- calling

-- Takes calls of one transport in hand for the length of a lease; none while something
-- real is due there.
-- +goose StatementBegin
CREATE FUNCTION ek_casework.claim_drill_calls(p_transport text, p_limit integer, p_lease interval)
RETURNS TABLE (id uuid, number text, level text, subject text, sealed bytea, tries integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ek, pg_temp AS $$
#variable_conflict use_column
BEGIN
    IF EXISTS (SELECT FROM ek.notification n WHERE n.transport = p_transport AND n.next_try_at <= clock_timestamp()) THEN
        RETURN;
    END IF;
    RETURN QUERY
    WITH due AS (
        SELECT c.id, d.number, p.level, p.subject, a.sealed FROM ek.drill_call c
        JOIN ek.drill d ON d.id = c.drill_id AND d.expires_at > clock_timestamp()
        JOIN ek.duty_person p ON p.id = c.person_id AND p.active
        JOIN ek.duty_address a ON a.person_id = p.id AND a.transport = c.transport
        WHERE c.transport = p_transport AND c.next_try_at <= clock_timestamp()
        ORDER BY c.next_try_at LIMIT p_limit FOR UPDATE OF c SKIP LOCKED
    )
    UPDATE ek.drill_call c SET tries = c.tries + 1, next_try_at = clock_timestamp() + p_lease
    FROM due WHERE c.id = due.id
    RETURNING c.id, due.number, due.level, due.subject, due.sealed, c.tries;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION ek_casework.drill_call_accepted(p_id uuid) RETURNS void LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, ek, pg_temp AS $$
    UPDATE ek.drill_call SET accepted_at = coalesce(accepted_at, clock_timestamp()), next_try_at = NULL,
        last_fault = CASE WHEN next_try_at IS NULL THEN last_fault END
    WHERE id = p_id
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION ek_casework.drill_call_failed(p_id uuid, p_wait interval, p_fault text) RETURNS void LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, ek, pg_temp AS $$
    UPDATE ek.drill_call SET last_fault = p_fault, next_try_at = clock_timestamp() + p_wait
    WHERE id = p_id AND next_try_at IS NOT NULL
$$;
-- +goose StatementEnd

-- A gateway's receipt, for a notification or for a call of a drill. For a drill it says
-- that the message came through, and acknowledges nothing.
-- +goose StatementBegin
CREATE FUNCTION ek_casework.hear_receipt(p_transport text, p_message_id text, p_digest bytea, p_notification uuid, p_delivered boolean)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ek, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM ek.drill_call c WHERE c.id = p_notification AND c.transport = p_transport AND c.tries > 0) THEN
        PERFORM ek_casework.store_receipt(p_transport, p_message_id, p_digest, p_notification, p_delivered);
        RETURN;
    END IF;
    PERFORM ek.require_durable();
    PERFORM ek.take_message('transport/' || p_transport, p_message_id, p_digest);
    UPDATE ek.drill_call SET delivered_at = CASE WHEN p_delivered THEN clock_timestamp() END,
        last_fault = CASE WHEN NOT p_delivered THEN 'GatewayFailed' END,
        next_try_at = CASE WHEN NOT p_delivered THEN clock_timestamp() + interval '1 minute' END
    WHERE id = p_notification AND delivered_at IS NULL AND (p_delivered OR last_fault IS DISTINCT FROM 'Dropped');
END $$;
-- +goose StatementEnd

-- --------------------------------------------------------------------- what is said of it

-- What the report says; null before a drill was acknowledged that speaks for the rounds as they are.
-- +goose StatementBegin
CREATE FUNCTION ek_casework.drill_report() RETURNS jsonb LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, ek, pg_temp AS $$
    SELECT jsonb_build_object('acknowledgedAtUnix', floor(extract(epoch FROM d.acknowledged_at))::bigint)
    FROM ek.drill d WHERE d.acknowledged_at <= clock_timestamp() AND ek.drill_covers(d.id, (SELECT ek.called_levels()))
    ORDER BY d.acknowledged_at DESC LIMIT 1
$$;
-- +goose StatementEnd

-- One more fact that must not stand, as those of ek_casework.facts: a drill has expired
-- since the last one that was acknowledged, and a round is not over.
-- +goose StatementBegin
CREATE FUNCTION ek_casework.drill_facts() RETURNS TABLE (fact text, since timestamptz) LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, ek, pg_temp AS $$
    SELECT 'drill_unacknowledged', (SELECT min(d.expires_at) FROM ek.drill d
        WHERE d.acknowledged_at IS NULL AND d.expires_at <= clock_timestamp()
          AND NOT EXISTS (SELECT FROM ek.drill later WHERE later.begun_at > d.begun_at AND later.acknowledged_at <= clock_timestamp())
          AND EXISTS (SELECT FROM ek.round r WHERE r.closes_at > clock_timestamp()))
$$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION ek_casework.drill_facts, ek_casework.drill_report, ek_casework.hear_receipt, ek_casework.drill_call_failed,
    ek_casework.drill_call_accepted, ek_casework.claim_drill_calls, ek_casework.drill, ek_casework.acknowledge_drill, ek.may_act,
    ek_casework.begin_drill, ek.may_drill, ek_casework.advance_drills, ek.expire_drills, ek.begin_drill, ek.call_for_drill,
    ek.drill_due, ek.drill_occasions, ek.latest_drill, ek.drill_covers, ek.called_levels;
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION ek.duty_reach() RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, ek, pg_temp AS $$
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
DROP VIEW ek.drill_missing, ek.callable, ek.on_duty;
DROP FUNCTION ek.cohort_schools;
DROP TABLE ek.drill_call, ek.drill_answer, ek.drill_wanted, ek.drill;
