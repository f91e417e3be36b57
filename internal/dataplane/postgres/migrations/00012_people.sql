-- What members of staff may see and do. Scope is enforced here and nowhere else:
-- casework has no right on the tables, and every function takes the subject and the
-- groups of whoever asks. Reading a child's record writes the audit entry first, in
-- the transaction that must commit before anything is shown.

-- +goose Up

-- +goose StatementBegin
CREATE FUNCTION ek.has_role(p_groups text[], VARIADIC p_roles text[]) RETURNS boolean LANGUAGE sql STABLE
SET search_path = pg_catalog, ek, pg_temp AS $$
    SELECT EXISTS (SELECT FROM ek.staff_group g WHERE g.group_name = ANY (p_groups) AND g.role = ANY (p_roles))
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION ek.require_role(p_groups text[], VARIADIC p_roles text[]) RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog, ek, pg_temp AS $$
BEGIN
    IF NOT ek.has_role(p_groups, VARIADIC p_roles) THEN
        PERFORM ek.refuse('EK403', 'groups', 'none of your groups has a role that allows this',
            'needed: ' || array_to_string(p_roles, ', ') || '; the district binds groups to roles in District');
    END IF;
END $$;
-- +goose StatementEnd

-- A case is the city's when its tier is led by the city or the chain has called it.
-- +goose StatementBegin
CREATE FUNCTION ek.handed_to_city(o ek.obligation) RETURNS boolean LANGUAGE sql STABLE
SET search_path = pg_catalog, ek, pg_temp AS $$
    SELECT EXISTS (SELECT FROM ek.round_tier t WHERE t.round = o.round AND t.rank = o.tier_rank AND t.lead = 'City')
        OR EXISTS (SELECT FROM ek.notification n JOIN ek.duty_person p ON p.id = n.person_id
                   WHERE n.obligation_id = o.id AND p.level = 'City')
$$;
-- +goose StatementEnd

-- Whether somebody of these groups has the obligation's child in the scope of a duty role.
-- +goose StatementBegin
CREATE FUNCTION ek.covers(p_groups text[], o ek.obligation) RETURNS boolean LANGUAGE sql STABLE
SET search_path = pg_catalog, ek, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM ek.staff_group g, ek.student s
        WHERE s.id = o.student_id AND g.group_name = ANY (p_groups) AND CASE g.role
            WHEN 'SchoolDuty'   THEN g.school = s.school
            WHEN 'DistrictDuty' THEN g.school IN ('', s.school)
            WHEN 'CityDuty'     THEN ek.handed_to_city(o)
            ELSE false END)
$$;
-- +goose StatementEnd

-- The tier's name as the round's policy calls it.
-- +goose StatementBegin
CREATE FUNCTION ek.tier_name(p_round text, p_rank smallint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, ek, pg_temp AS $$
    SELECT coalesce((SELECT t.name FROM ek.round_tier t WHERE t.round = p_round AND t.rank = p_rank), '?')
$$;
-- +goose StatementEnd

-- Locks the obligation for a person who may act on it. One outside the scope does
-- not exist for the caller.
-- +goose StatementBegin
CREATE FUNCTION ek.lock_obligation(p_human boolean, p_groups text[], p_number text) RETURNS ek.obligation LANGUAGE plpgsql
SET search_path = pg_catalog, ek, pg_temp AS $$
DECLARE o ek.obligation;
BEGIN
    PERFORM ek.require_durable();
    IF NOT p_human THEN
        PERFORM ek.refuse('EK403', 'subject', 'a service account cannot act on an obligation', 'let a person sign in and act');
    END IF;
    PERFORM ek.require_role(p_groups, 'SchoolDuty', 'DistrictDuty', 'CityDuty');
    SELECT d.* INTO o FROM ek.obligation d WHERE d.number = p_number FOR NO KEY UPDATE;
    IF o.id IS NULL OR NOT ek.covers(p_groups, o) THEN
        PERFORM ek.refuse('EK404', 'number', 'there is no such obligation in your scope', 'check the number; the worklist shows what is in your scope');
    END IF;
    RETURN o;
END $$;
-- +goose StatementEnd

-- Owning again after the obligation was raised again says that one knows of it.
-- +goose StatementBegin
CREATE FUNCTION ek_casework.own(p_subject text, p_human boolean, p_groups text[], p_number text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, ek, pg_temp AS $$
DECLARE o ek.obligation := ek.lock_obligation(p_human, p_groups, p_number);
BEGIN
    IF o.state = 'Closed' THEN
        PERFORM ek.refuse('EK409', 'number', 'the obligation is closed', 'nothing is left to own');
    END IF;
    IF o.owner = p_subject AND o.owned_at >= o.armed_at THEN
        RETURN;
    END IF;
    UPDATE ek.obligation SET owner = p_subject, owned_at = clock_timestamp(),
        state = CASE WHEN state IN ('Raised', 'Notified') THEN 'Owned' ELSE state END
    WHERE id = o.id;
    INSERT INTO ek.obligation_event (obligation_id, kind, actor, outcome)
    VALUES (o.id, CASE WHEN coalesce(o.owner, p_subject) = p_subject THEN 'Owned' ELSE 'Transferred' END, p_subject, nullif(o.owner, p_subject));
    PERFORM ek.audit(p_subject, 'ObligationOwned', 'obligation/' || o.id, coalesce('from ' || nullif(o.owner, p_subject), ''));
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION ek.require_owner(o ek.obligation, p_subject text) RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog, ek, pg_temp AS $$
BEGIN
    IF o.owner IS DISTINCT FROM p_subject THEN
        PERFORM ek.refuse('EK409', 'number', 'you do not own this obligation', 'own it first');
    END IF;
END $$;
-- +goose StatementEnd

-- p_arming is what the caller had read, null for what stood when the caller owned: a
-- contact made before the obligation was raised again was made without knowing why.
-- +goose StatementBegin
CREATE FUNCTION ek_casework.contact(p_subject text, p_human boolean, p_groups text[], p_number text, p_outcome text, p_arming integer)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ek, pg_temp AS $$
DECLARE o ek.obligation := ek.lock_obligation(p_human, p_groups, p_number);
BEGIN
    PERFORM ek.require_owner(o, p_subject);
    IF o.state NOT IN ('Owned', 'Contacted') THEN
        PERFORM ek.refuse('EK409', 'number', 'the obligation is ' || lower(o.state), 'own it first; a closed one needs no contact');
    END IF;
    IF p_arming <> o.arming OR p_arming IS NULL AND o.armed_at > o.owned_at THEN
        PERFORM ek.refuse('EK409', 'arming', 'the obligation was raised again since you read it', 'read it and own it again, and contact the child knowing that');
    END IF;
    IF p_outcome NOT IN ('Reached', 'NotReached') OR p_outcome IS NULL THEN
        PERFORM ek.refuse('EK422', 'outcome', 'is not a known outcome', 'write Reached or NotReached');
    END IF;
    INSERT INTO ek.obligation_event (obligation_id, kind, actor, outcome) VALUES (o.id, 'Contact', p_subject, p_outcome);
    PERFORM ek.audit(p_subject, 'ObligationContact', 'obligation/' || o.id, p_outcome);
    IF p_outcome = 'Reached' AND o.state <> 'Contacted' THEN
        UPDATE ek.obligation SET state = 'Contacted', contacted_at = clock_timestamp(), outcome = p_outcome, next_step_at = NULL
        WHERE id = o.id;
        UPDATE ek.notification SET next_try_at = NULL WHERE obligation_id = o.id AND next_try_at IS NOT NULL;
    END IF;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION ek_casework.close_obligation(p_subject text, p_human boolean, p_groups text[], p_number text, p_reason text)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ek, pg_temp AS $$
DECLARE o ek.obligation := ek.lock_obligation(p_human, p_groups, p_number);
BEGIN
    IF o.state = 'Closed' AND o.owner = p_subject THEN
        RETURN;
    END IF;
    PERFORM ek.require_owner(o, p_subject);
    IF o.state <> 'Contacted' THEN
        PERFORM ek.refuse('EK409', 'number', 'nobody has reached the child yet', 'contact the child first; only an obligation that was contacted can be closed');
    END IF;
    IF coalesce(btrim(p_reason), '') = '' OR length(p_reason) > 500 THEN
        PERFORM ek.refuse('EK422', 'reason', 'is empty or longer than 500 characters', 'write in a sentence why nothing more is to be done at once');
    END IF;
    UPDATE ek.obligation SET state = 'Closed', closed_at = clock_timestamp(), close_reason = p_reason WHERE id = o.id;
    INSERT INTO ek.obligation_event (obligation_id, kind, actor) VALUES (o.id, 'Closed', p_subject);
    PERFORM ek.audit(p_subject, 'ObligationClosed', 'obligation/' || o.id);
END $$;
-- +goose StatementEnd

-- The open obligations in scope. p_limit bounds a page: those whose child nobody has
-- reached come first, then the deadline orders it.
-- +goose StatementBegin
CREATE FUNCTION ek_casework.worklist(p_subject text, p_groups text[], p_limit integer)
RETURNS TABLE (number text, school text, school_zh text, school_en text, grade text, label text, tier text, urgency text,
    state text, raised_at timestamptz, deadline_at timestamptz, remaining_seconds bigint, owner text, mine boolean,
    arming integer, found_late boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ek, pg_temp AS $$
#variable_conflict use_column
DECLARE shown uuid[]; numbers text;
BEGIN
    PERFORM ek.require_durable();
    PERFORM ek.require_role(p_groups, 'SchoolDuty', 'DistrictDuty', 'CityDuty');
    SELECT array_agg(v.id), string_agg(v.number, ' ') INTO shown, numbers FROM (
        SELECT o.id, o.number FROM ek.obligation o WHERE o.state <> 'Closed' AND ek.covers(p_groups, o)
        ORDER BY ek.unstopped(o.state) DESC, o.deadline_at LIMIT p_limit) v;
    PERFORM ek.audit(p_subject, 'WorklistRead', 'obligations', numbers);
    RETURN QUERY
    SELECT o.number, s.school, h.title_zh, h.title_en, s.grade, s.label, ek.tier_name(o.round, o.tier_rank), ek.urgency(o),
           o.state, o.raised_at, o.deadline_at, extract(epoch FROM o.deadline_at - clock_timestamp())::bigint, o.owner,
           o.owner IS NOT DISTINCT FROM p_subject, o.arming, o.found_late
    FROM ek.obligation o JOIN ek.student s ON s.id = o.student_id JOIN ek.school h ON h.name = s.school
    WHERE o.id = ANY (shown) ORDER BY ek.unstopped(o.state) DESC, o.deadline_at;
END $$;
-- +goose StatementEnd

-- One obligation with what a person needs to reach the child: the name comes sealed,
-- with the wrapped key that opens it.
-- +goose StatementBegin
CREATE FUNCTION ek_casework.obligation_record(p_subject text, p_groups text[], p_number text)
RETURNS TABLE (number text, school text, school_zh text, school_en text, school_phone text, grade text, label text, tier text,
    urgency text, state text, raised_at timestamptz, deadline_at timestamptz, remaining_seconds bigint, owner text, mine boolean,
    arming integer, found_late boolean, case_number text, referral text, student_id uuid, sealed_name bytea, wrapped bytea,
    causes jsonb, events jsonb)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ek, pg_temp AS $$
#variable_conflict use_column
DECLARE o ek.obligation;
BEGIN
    PERFORM ek.require_durable();
    PERFORM ek.require_role(p_groups, 'SchoolDuty', 'DistrictDuty', 'CityDuty');
    SELECT d.* INTO o FROM ek.obligation d WHERE d.number = p_number;
    IF o.id IS NULL OR NOT ek.covers(p_groups, o) THEN
        PERFORM ek.refuse('EK404', 'number', 'there is no such obligation in your scope', 'check the number; the worklist shows what is in your scope');
    END IF;
    PERFORM ek.audit(p_subject, 'RecordRead', 'student/' || o.student_id, 'obligation ' || p_number);
    RETURN QUERY
    SELECT o.number, s.school, h.title_zh, h.title_en, h.phone, s.grade, s.label, ek.tier_name(o.round, o.tier_rank), ek.urgency(o),
           o.state, o.raised_at, o.deadline_at, extract(epoch FROM o.deadline_at - clock_timestamp())::bigint, o.owner,
           o.owner IS NOT DISTINCT FROM p_subject, o.arming, o.found_late,
           (SELECT c.number FROM ek."case" c WHERE c.id = o.case_id),
           (SELECT r.number FROM ek.referral r WHERE r.obligation_id = o.id), s.id, s.sealed_name, k.wrapped,
           (SELECT coalesce(jsonb_agg(jsonb_build_object('kind', c.kind, 'class', c.class, 'at', c.at) ORDER BY c.at), '[]')
            FROM ek.obligation_cause c WHERE c.obligation_id = o.id),
           (SELECT coalesce(jsonb_agg(jsonb_build_object('at', e.at, 'kind', e.kind, 'actor', e.actor, 'step', e.step, 'outcome', e.outcome) ORDER BY e.id), '[]')
            FROM ek.obligation_event e WHERE e.obligation_id = o.id)
    FROM ek.student s JOIN ek.school h ON h.name = s.school LEFT JOIN ek.student_key k ON k.student_id = s.id
    WHERE s.id = o.student_id;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION ek.covers_follow_up(p_groups text[], f ek.follow_up) RETURNS boolean LANGUAGE sql STABLE
SET search_path = pg_catalog, ek, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM ek.staff_group g, ek.student s
        WHERE s.id = f.student_id AND g.group_name = ANY (p_groups) AND CASE g.role
            WHEN 'SchoolDuty'   THEN g.school = s.school
            WHEN 'DistrictDuty' THEN g.school IN ('', s.school)
            WHEN 'CityDuty'     THEN EXISTS (SELECT FROM ek.obligation o WHERE o.case_id = f.case_id AND ek.handed_to_city(o))
            ELSE false END)
$$;
-- +goose StatementEnd

-- What the rules make by the hundred comes after what went wrong for one child.
-- +goose StatementBegin
CREATE FUNCTION ek_casework.follow_ups(p_subject text, p_groups text[], p_limit integer)
RETURNS TABLE (id uuid, kind text, school text, school_zh text, school_en text, grade text, label text, tier text, made_at timestamptz, due_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ek, pg_temp AS $$
#variable_conflict use_column
DECLARE shown uuid[];
BEGIN
    PERFORM ek.require_durable();
    PERFORM ek.require_role(p_groups, 'SchoolDuty', 'DistrictDuty', 'CityDuty');
    SELECT array_agg(v.id) INTO shown FROM (
        SELECT f.id FROM ek.follow_up f WHERE f.done_at IS NULL AND ek.covers_follow_up(p_groups, f)
        ORDER BY f.kind IN ('Tier', 'Undetermined'), f.due_at LIMIT p_limit) v;
    PERFORM ek.audit(p_subject, 'FollowUpsRead', 'follow-ups', array_to_string(shown, ' '));
    RETURN QUERY
    SELECT f.id, f.kind, s.school, h.title_zh, h.title_en, s.grade, s.label, CASE WHEN f.tier_rank IS NULL THEN '' ELSE ek.tier_name(f.round, f.tier_rank) END,
           f.made_at, f.due_at
    FROM ek.follow_up f JOIN ek.student s ON s.id = f.student_id JOIN ek.school h ON h.name = s.school
    WHERE f.id = ANY (shown) ORDER BY f.kind IN ('Tier', 'Undetermined'), f.due_at;
END $$;
-- +goose StatementEnd

-- Which of somebody's groups mean anything here, and the roles they give.
-- +goose StatementBegin
CREATE FUNCTION ek_casework.staff_roles(p_groups text[]) RETURNS TABLE (group_name text, role text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, ek, pg_temp AS $$
    SELECT DISTINCT g.group_name, g.role FROM ek.staff_group g WHERE g.group_name = ANY (p_groups)
$$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION ek_casework.staff_roles, ek_casework.follow_ups, ek.covers_follow_up, ek_casework.obligation_record, ek_casework.worklist,
    ek_casework.close_obligation, ek_casework.contact, ek.require_owner, ek_casework.own, ek.lock_obligation, ek.tier_name,
    ek.covers, ek.handed_to_city, ek.require_role, ek.has_role;
