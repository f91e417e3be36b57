-- The roster, access codes and the duty list.

-- +goose Up

-- Whether somebody of these groups is registrar of a school; '' is the district.
-- +goose StatementBegin
CREATE FUNCTION ek.registrar_of(p_groups text[], p_school text) RETURNS boolean LANGUAGE sql STABLE
SET search_path = pg_catalog, ek, pg_temp AS $$
    SELECT EXISTS (SELECT FROM ek.staff_group g
                   WHERE g.group_name = ANY (p_groups) AND g.role = 'Registrar' AND g.school IN ('', p_school))
$$;
-- +goose StatementEnd

-- The students that a batch of a roster speaks of, with the key each is sealed to.
-- Takes the roster's lock: of two imports of one new student only one makes a key.
-- +goose StatementBegin
CREATE FUNCTION ek_casework.known_students(p_groups text[], p_lookups bytea[]) RETURNS TABLE (lookup bytea, id uuid, public_key bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ek, pg_temp AS $$
#variable_conflict use_column
BEGIN
    PERFORM ek.require_role(p_groups, 'Registrar');
    PERFORM pg_advisory_xact_lock(hashtext('ek.roster'));
    RETURN QUERY SELECT s.lookup, s.id, s.public_key FROM ek.student s WHERE s.lookup = ANY (p_lookups);
END $$;
-- +goose StatementEnd

-- The schools a registrar may import into, with their stages.
-- +goose StatementBegin
CREATE FUNCTION ek_casework.roster_schools(p_groups text[]) RETURNS TABLE (name text, stages text[])
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, ek, pg_temp AS $$
#variable_conflict use_column
BEGIN
    PERFORM ek.require_role(p_groups, 'Registrar');
    RETURN QUERY SELECT s.name, s.stages FROM ek.school s
        WHERE s.active AND ek.registrar_of(p_groups, s.name);
END $$;
-- +goose StatementEnd

-- Inserts and updates students in place. A wrapped key comes with new ones only. To
-- move a student takes a registrar of both schools: consent and duty go along.
-- +goose StatementBegin
CREATE FUNCTION ek_casework.upsert_students(p_subject text, p_groups text[], p_ids uuid[], p_schools text[], p_stages text[], p_grades text[],
    p_classes text[], p_seats text[], p_labels text[], p_lookups bytea[], p_sealed_numbers bytea[], p_sealed_names bytea[],
    p_public_keys bytea[], p_wrapped bytea[], p_born date[], p_consents text[], p_versions text[],
    OUT inserted integer, OUT updated integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ek, pg_temp AS $$
BEGIN
    PERFORM ek.require_durable();
    PERFORM ek.require_role(p_groups, 'Registrar');
    IF EXISTS (SELECT FROM unnest(p_schools) AS w(name) WHERE w.name NOT IN (SELECT r.name FROM ek_casework.roster_schools(p_groups) r)) THEN
        PERFORM ek.refuse('EK403', 'school', 'a school is outside your scope', 'import the schools you are registrar of');
    END IF;
    IF EXISTS (SELECT FROM ek.student s WHERE s.lookup = ANY (p_lookups) AND NOT ek.registrar_of(p_groups, s.school)) THEN
        PERFORM ek.refuse('EK403', 'number', 'a student belongs to a school outside your scope', 'let a registrar of the district move the student');
    END IF;
    WITH rows AS (
        SELECT * FROM unnest(p_ids, p_schools, p_stages, p_grades, p_classes, p_seats, p_labels, p_lookups, p_sealed_numbers,
            p_sealed_names, p_public_keys, p_wrapped, p_born, p_consents, p_versions)
            AS t (id, school, stage, grade, class_label, seat, label, lookup, sealed_number, sealed_name, public_key, wrapped, born, consent, version)
    ), kept AS (
        INSERT INTO ek.student (id, school, stage, grade, class_label, seat, label, lookup, sealed_number, sealed_name, public_key, born, guardian_consent, consent_version)
        SELECT id, school, stage, grade, class_label, seat, label, lookup, sealed_number, sealed_name, public_key, born, consent, version FROM rows
        ON CONFLICT (lookup) DO UPDATE SET school = excluded.school, stage = excluded.stage, grade = excluded.grade,
            class_label = excluded.class_label, seat = excluded.seat, label = excluded.label, sealed_number = excluded.sealed_number,
            sealed_name = excluded.sealed_name, born = excluded.born, guardian_consent = excluded.guardian_consent,
            consent_version = excluded.consent_version, active = true
        RETURNING id, (xmax = 0) AS is_new
    ), keys AS (
        INSERT INTO ek.student_key (student_id, wrapped)
        SELECT r.id, r.wrapped FROM rows r JOIN kept k ON k.id = r.id WHERE k.is_new
        RETURNING 1
    )
    SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new) INTO inserted, updated FROM kept;
    PERFORM ek.audit(p_subject, 'RosterImported', 'roster', inserted || ' new, ' || updated || ' updated');
END $$;
-- +goose StatementEnd

-- The students of a round's cohort who get codes, with what opens their numbers.
-- +goose StatementBegin
CREATE FUNCTION ek_casework.code_holders(p_subject text, p_groups text[], p_round text, p_school text)
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

-- Stores new codes; whoever had one that is still unused gets the new one instead.
-- +goose StatementBegin
CREATE FUNCTION ek_casework.store_codes(p_groups text[], p_round text, p_students uuid[], p_hmacs bytea[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ek, pg_temp AS $$
BEGIN
    PERFORM ek.require_durable();
    PERFORM ek.require_role(p_groups, 'Registrar');
    UPDATE ek.code SET state = 'Frozen' WHERE round = p_round AND student_id = ANY (p_students) AND state = 'Active';
    INSERT INTO ek.code (hmac, student_id, round) SELECT t.hmac, t.student, p_round FROM unnest(p_hmacs, p_students) AS t (hmac, student);
END $$;
-- +goose StatementEnd

-- Replaces what of the duty list is in the registrar's scope: a school's registrar has
-- no say in who is on duty elsewhere. People are kept, since notifications name them.
-- +goose StatementBegin
CREATE FUNCTION ek_casework.replace_duty(p_subject text, p_groups text[], p_subjects text[], p_levels text[], p_schools text[], p_transports text[], p_sealed bytea[])
RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ek, pg_temp AS $$
DECLARE people integer;
BEGIN
    PERFORM ek.require_durable();
    PERFORM ek.require_role(p_groups, 'Registrar');
    PERFORM pg_advisory_xact_lock(hashtext('ek.duty'));
    IF EXISTS (SELECT FROM unnest(p_schools) AS w(name) WHERE NOT ek.registrar_of(p_groups, w.name)) THEN
        PERFORM ek.refuse('EK403', 'school', 'somebody on the list is on duty outside your scope', 'list who is on duty for the schools you are registrar of');
    END IF;
    UPDATE ek.duty_person p SET active = false WHERE p.active AND ek.registrar_of(p_groups, p.school);
    DELETE FROM ek.duty_address a USING ek.duty_person p WHERE p.id = a.person_id AND ek.registrar_of(p_groups, p.school);
    INSERT INTO ek.duty_person (subject, level, school)
    SELECT DISTINCT t.subject, t.level, t.school FROM unnest(p_subjects, p_levels, p_schools) AS t (subject, level, school)
    ON CONFLICT (subject, level, school) DO UPDATE SET active = true;
    INSERT INTO ek.duty_address (person_id, transport, sealed)
    SELECT p.id, t.transport, t.sealed FROM unnest(p_subjects, p_levels, p_schools, p_transports, p_sealed) AS t (subject, level, school, transport, sealed)
    JOIN ek.duty_person p ON p.subject = t.subject AND p.level = t.level AND p.school = t.school;
    -- The chains that found nobody on duty begin again now, not when their last step repeats.
    UPDATE ek.obligation o SET step = 0, repeats = 0, next_step_at = clock_timestamp()
    WHERE o.state IN ('Raised', 'Notified', 'Owned')
      AND NOT EXISTS (SELECT FROM ek.notification n WHERE n.obligation_id = o.id AND n.arming = o.arming);
    SELECT count(*) INTO people FROM ek.duty_person p WHERE p.active AND ek.registrar_of(p_groups, p.school);
    PERFORM ek.audit(p_subject, 'DutyListReplaced', 'duty', people || ' people');
    PERFORM pg_notify('ek_obligation', '');
    RETURN people;
END $$;
-- +goose StatementEnd

-- What a duty list may name.
-- +goose StatementBegin
CREATE FUNCTION ek_casework.duty_names(p_groups text[], OUT schools text[], OUT transports text[]) LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, ek, pg_temp AS $$
BEGIN
    PERFORM ek.require_role(p_groups, 'Registrar');
    SELECT coalesce(array_agg(s.name), '{}') INTO schools FROM ek.school s WHERE s.active;
    SELECT coalesce(array_agg(t.name), '{}') INTO transports FROM ek.transport t WHERE t.active;
END $$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION ek_casework.duty_names, ek_casework.replace_duty, ek_casework.store_codes, ek_casework.code_holders,
    ek_casework.upsert_students, ek_casework.roster_schools, ek_casework.known_students, ek.registrar_of;
