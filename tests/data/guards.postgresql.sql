CREATE OR REPLACE FUNCTION public.huilu_branch_plans_no_delete()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
            IF 1 = 1 THEN RAISE EXCEPTION 'branch_plans: what was filed stays' USING ERRCODE = 'restrict_violation'; END IF;
            RETURN OLD; END $function$;

CREATE OR REPLACE FUNCTION public.huilu_branch_plans_no_update()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
            IF NEW.id <> OLD.id OR NEW.branch_id <> OLD.branch_id OR NEW.quarter <> OLD.quarter OR NEW.version <> OLD.version OR NEW.filed_by <> OLD.filed_by OR NEW.filed_as <> OLD.filed_as OR NEW.filed_on <> OLD.filed_on OR NEW.filed_wall <> OLD.filed_wall OR CAST(NEW.entries AS TEXT) <> CAST(OLD.entries AS TEXT)
            OR COALESCE(NEW.fixed_day, 0) <> COALESCE(OLD.fixed_day, 0) OR OLD.opinion IS NOT NULL THEN RAISE EXCEPTION 'branch_plans: what was filed stays, and is reviewed once' USING ERRCODE = 'restrict_violation'; END IF;
            RETURN NEW; END $function$;

CREATE OR REPLACE FUNCTION public.huilu_branch_reports_no_update()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
            IF 1 = 1 THEN RAISE EXCEPTION 'branch_reports: what was checked stays as it was' USING ERRCODE = 'restrict_violation'; END IF;
            RETURN NEW; END $function$;

CREATE OR REPLACE FUNCTION public.huilu_chains_no_delete()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
            IF TRUE THEN RAISE EXCEPTION 'chains: append-only' USING ERRCODE = 'restrict_violation'; END IF;
            RETURN OLD; END $function$;

CREATE OR REPLACE FUNCTION public.huilu_chains_no_update()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
            IF OLD.closed OR NEW.id <> OLD.id OR NEW.kind <> OLD.kind OR NEW.subject <> OLD.subject
           OR NEW.head_seq NOT IN (OLD.head_seq, OLD.head_seq + 1)
           OR (NEW.head_seq = OLD.head_seq AND NEW.head_hash <> OLD.head_hash) THEN RAISE EXCEPTION 'chains: a chain only moves forward, and not once it is closed' USING ERRCODE = 'restrict_violation'; END IF;
            RETURN NEW; END $function$;

CREATE OR REPLACE FUNCTION public.huilu_checkpoints_no_delete()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
            IF TRUE THEN RAISE EXCEPTION 'checkpoints: append-only' USING ERRCODE = 'restrict_violation'; END IF;
            RETURN OLD; END $function$;

CREATE OR REPLACE FUNCTION public.huilu_checkpoints_no_update()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
            IF TRUE THEN RAISE EXCEPTION 'checkpoints: append-only' USING ERRCODE = 'restrict_violation'; END IF;
            RETURN NEW; END $function$;

CREATE OR REPLACE FUNCTION public.huilu_deliveries_keep()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
            IF (OLD.locked_until_wall IS NOT NULL
            AND (NEW.locked_until_wall IS NULL OR NEW.locked_until_wall < OLD.locked_until_wall)) OR (
           ((NEW.removing_wall IS NOT NULL AND OLD.removing_wall IS NULL)
            OR (NEW.removed_wall IS NOT NULL AND OLD.removing_wall IS NULL))
           AND EXISTS (SELECT 1 FROM holds h WHERE h.recording_id = NEW.recording_id AND h.lifted_wall IS NULL)) THEN RAISE EXCEPTION 'deliveries: a lock grows only, and holds win' USING ERRCODE = 'restrict_violation'; END IF;
            RETURN NEW; END $function$;

CREATE OR REPLACE FUNCTION public.huilu_deliveries_no_delete()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
            IF TRUE THEN RAISE EXCEPTION 'deliveries: what was delivered is never forgotten' USING ERRCODE = 'restrict_violation'; END IF;
            RETURN OLD; END $function$;

CREATE OR REPLACE FUNCTION public.huilu_deliveries_no_update()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
            IF NEW.origin <> OLD.origin OR NEW.user_id <> OLD.user_id OR NEW.recording_id <> OLD.recording_id OR (OLD.sha256 IS NOT NULL AND (NEW.sha256 IS NULL OR NEW.sha256 <> OLD.sha256 OR NEW.sm3 <> OLD.sm3 OR NEW.name <> OLD.name OR NEW.bytes <> OLD.bytes OR NEW.start_ns <> OLD.start_ns OR NEW.end_ns <> OLD.end_ns OR NEW.received_wall <> OLD.received_wall)) THEN RAISE EXCEPTION 'deliveries: sealed as it came' USING ERRCODE = 'restrict_violation'; END IF;
            RETURN NEW; END $function$;

CREATE OR REPLACE FUNCTION public.huilu_desk_changed()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN INSERT INTO desk_changes DEFAULT VALUES; RETURN NULL; END $function$;

CREATE OR REPLACE FUNCTION public.huilu_entries_move_head()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
            UPDATE chains SET head_seq = NEW.seq, head_hash = NEW.hash WHERE id = NEW.chain_id;
            RETURN NULL; END $function$;

CREATE OR REPLACE FUNCTION public.huilu_entries_no_delete()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
            IF TRUE THEN RAISE EXCEPTION 'entries: append-only' USING ERRCODE = 'restrict_violation'; END IF;
            RETURN OLD; END $function$;

CREATE OR REPLACE FUNCTION public.huilu_entries_no_insert()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
            IF NOT EXISTS (SELECT 1 FROM chains c WHERE c.id = NEW.chain_id AND NOT c.closed
           AND c.head_seq = NEW.seq - 1 AND c.head_hash = NEW.previous) THEN RAISE EXCEPTION 'entries: an entry goes on top of an open chain' USING ERRCODE = 'restrict_violation'; END IF;
            RETURN NEW; END $function$;

CREATE OR REPLACE FUNCTION public.huilu_entries_no_update()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
            IF TRUE THEN RAISE EXCEPTION 'entries: append-only' USING ERRCODE = 'restrict_violation'; END IF;
            RETURN NEW; END $function$;

CREATE OR REPLACE FUNCTION public.huilu_erasures_no_delete()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
            IF TRUE THEN RAISE EXCEPTION 'erasures: append-only' USING ERRCODE = 'restrict_violation'; END IF;
            RETURN OLD; END $function$;

CREATE OR REPLACE FUNCTION public.huilu_erasures_no_update()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
            IF TRUE THEN RAISE EXCEPTION 'erasures: append-only' USING ERRCODE = 'restrict_violation'; END IF;
            RETURN NEW; END $function$;

CREATE OR REPLACE FUNCTION public.huilu_holds_no_delete()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
            IF TRUE THEN RAISE EXCEPTION 'holds: a hold is lifted, never deleted' USING ERRCODE = 'restrict_violation'; END IF;
            RETURN OLD; END $function$;

CREATE OR REPLACE FUNCTION public.huilu_locks_no_delete()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
            IF TRUE THEN RAISE EXCEPTION 'locks: a lock is never forgotten' USING ERRCODE = 'restrict_violation'; END IF;
            RETURN OLD; END $function$;

CREATE OR REPLACE FUNCTION public.huilu_locks_no_update()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
            IF NEW.until_wall < OLD.until_wall OR (
           ((NEW.removing_wall IS NOT NULL AND OLD.removing_wall IS NULL)
            OR (NEW.removed_wall IS NOT NULL AND OLD.removing_wall IS NULL))
           AND EXISTS (SELECT 1 FROM holds h WHERE h.recording_id = NEW.recording_id AND h.lifted_wall IS NULL)) THEN RAISE EXCEPTION 'locks: a lock grows only, and holds win' USING ERRCODE = 'restrict_violation'; END IF;
            RETURN NEW; END $function$;

CREATE OR REPLACE FUNCTION public.huilu_looks_no_delete()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
            IF TRUE THEN RAISE EXCEPTION 'looks: append-only' USING ERRCODE = 'restrict_violation'; END IF;
            RETURN OLD; END $function$;

CREATE OR REPLACE FUNCTION public.huilu_looks_no_update()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
            IF TRUE THEN RAISE EXCEPTION 'looks: append-only' USING ERRCODE = 'restrict_violation'; END IF;
            RETURN NEW; END $function$;

CREATE OR REPLACE FUNCTION public.huilu_messages_no_update()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
            IF NEW.text <> OLD.text OR NEW.text_en <> OLD.text_en OR NEW.subject <> OLD.subject OR NEW.kind <> OLD.kind
            OR NEW.unit_id <> OLD.unit_id OR NEW.created_wall <> OLD.created_wall
            OR (OLD.sent_wall IS NOT NULL AND (NEW.sent_wall IS NULL OR NEW.sent_wall <> OLD.sent_wall))
            OR (OLD.given_up_wall IS NOT NULL AND (NEW.given_up_wall IS NULL
                OR NEW.given_up_wall <> OLD.given_up_wall)) THEN RAISE EXCEPTION 'messages: what was said stays as it was said' USING ERRCODE = 'restrict_violation'; END IF;
            RETURN NEW; END $function$;

CREATE OR REPLACE FUNCTION public.huilu_notice_tables_no_delete()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
            IF TRUE THEN RAISE EXCEPTION 'notice_tables: what hung is never forgotten' USING ERRCODE = 'restrict_violation'; END IF;
            RETURN OLD; END $function$;

CREATE OR REPLACE FUNCTION public.huilu_notice_tables_no_update()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
            IF NEW.notice_id <> OLD.notice_id OR NEW.number <> OLD.number OR NEW.title <> OLD.title OR NEW.mime <> OLD.mime OR NEW.bytes <> OLD.bytes OR NEW.sha256 <> OLD.sha256 OR NEW.sm3 <> OLD.sm3 OR NEW.name <> OLD.name OR NEW.user_id <> OLD.user_id OR NEW.user_as <> OLD.user_as OR NEW.received_wall <> OLD.received_wall OR (OLD.locked_until_wall IS NOT NULL AND (NEW.locked_until_wall IS NULL OR NEW.locked_until_wall < OLD.locked_until_wall)) THEN RAISE EXCEPTION 'notice_tables: it stays as it came, and a lock grows only' USING ERRCODE = 'restrict_violation'; END IF;
            RETURN NEW; END $function$;

CREATE OR REPLACE FUNCTION public.huilu_objections_no_delete()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
            IF 1 = 1 THEN RAISE EXCEPTION 'objections: what was said stays on record' USING ERRCODE = 'restrict_violation'; END IF;
            RETURN OLD; END $function$;

CREATE OR REPLACE FUNCTION public.huilu_objections_no_update()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
            IF NEW.id <> OLD.id OR NEW.notice_id <> OLD.notice_id OR NEW.unit_id <> OLD.unit_id
            OR COALESCE(NEW.name, '') <> COALESCE(OLD.name, '') OR NEW.text <> OLD.text
            OR NEW."on" <> OLD."on" OR NEW.wall <> OLD.wall
            OR (OLD.answer IS NOT NULL AND (NEW.answer IS NULL OR NEW.answer <> OLD.answer
                OR NEW.answered_on <> OLD.answered_on)) THEN RAISE EXCEPTION 'objections: what was said stays as it was said' USING ERRCODE = 'restrict_violation'; END IF;
            RETURN NEW; END $function$;

CREATE OR REPLACE FUNCTION public.huilu_payloads_no_delete()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
            IF NOT EXISTS (SELECT 1 FROM erasures x JOIN entries e ON e.chain_id = x.by_chain_id AND e.seq = x.by_seq
           WHERE x.chain_id = OLD.chain_id AND x.seq = OLD.seq AND e.kind = 'erased') THEN RAISE EXCEPTION 'payloads: a payload is only erased by an entry that says why' USING ERRCODE = 'restrict_violation'; END IF;
            RETURN OLD; END $function$;

CREATE OR REPLACE FUNCTION public.huilu_payloads_no_update()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
            IF TRUE THEN RAISE EXCEPTION 'payloads: append-only' USING ERRCODE = 'restrict_violation'; END IF;
            RETURN NEW; END $function$;

CREATE OR REPLACE FUNCTION public.huilu_plan_files_no_delete()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
            IF TRUE THEN RAISE EXCEPTION 'plan_files: what was decided on is never forgotten' USING ERRCODE = 'restrict_violation'; END IF;
            RETURN OLD; END $function$;

CREATE OR REPLACE FUNCTION public.huilu_plan_files_no_update()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
            IF NEW.decision_id <> OLD.decision_id OR NEW.title <> OLD.title OR NEW.mime <> OLD.mime OR NEW.bytes <> OLD.bytes OR NEW.sha256 <> OLD.sha256 OR NEW.sm3 <> OLD.sm3 OR NEW.name <> OLD.name OR NEW.user_id <> OLD.user_id OR NEW.received_wall <> OLD.received_wall OR (OLD.locked_until_wall IS NOT NULL AND (NEW.locked_until_wall IS NULL OR NEW.locked_until_wall < OLD.locked_until_wall)) THEN RAISE EXCEPTION 'plan_files: it stays as it came, and a lock grows only' USING ERRCODE = 'restrict_violation'; END IF;
            RETURN NEW; END $function$;

CREATE OR REPLACE FUNCTION public.huilu_public_notices_no_delete()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
            IF 1 = 1 THEN RAISE EXCEPTION 'public_notices: what hung stays on record' USING ERRCODE = 'restrict_violation'; END IF;
            RETURN OLD; END $function$;

CREATE OR REPLACE FUNCTION public.huilu_public_notices_no_update()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
            IF NEW.id <> OLD.id OR COALESCE(NEW.decision_id, '') <> COALESCE(OLD.decision_id, '')
            OR COALESCE(NEW.step, '') <> COALESCE(OLD.step, '') OR NEW.unit_id <> OLD.unit_id
            OR NEW.matter <> OLD.matter OR NEW.title <> OLD.title
            OR CAST(NEW.fields AS TEXT) <> CAST(OLD.fields AS TEXT) OR NEW.rules_on <> OLD.rules_on
            OR NEW.from_on <> OLD.from_on OR NEW.days <> OLD.days OR NEW.put_up_by <> OLD.put_up_by
            OR NEW.put_up_as <> OLD.put_up_as OR NEW.put_up_wall <> OLD.put_up_wall
            OR (OLD.off_on IS NOT NULL AND (NEW.off_on IS NULL OR NEW.off_on <> OLD.off_on)) THEN RAISE EXCEPTION 'public_notices: what hung stays as it hung' USING ERRCODE = 'restrict_violation'; END IF;
            RETURN NEW; END $function$;

CREATE OR REPLACE FUNCTION public.huilu_questions_no_delete()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
            IF 1 = 1 THEN RAISE EXCEPTION 'questions: that a vote was begun stays on record' USING ERRCODE = 'restrict_violation'; END IF;
            RETURN OLD; END $function$;

CREATE OR REPLACE FUNCTION public.huilu_questions_no_update()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
            IF OLD.closed_ns IS NOT NULL OR NEW.closed_ns IS NULL OR NEW.id <> OLD.id OR NEW.meeting_id <> OLD.meeting_id
            OR NEW.agenda_item_id <> OLD.agenda_item_id OR NEW.asked_ns <> OLD.asked_ns
            OR NEW.asked_by <> OLD.asked_by THEN RAISE EXCEPTION 'questions: a vote is closed once' USING ERRCODE = 'restrict_violation'; END IF;
            RETURN NEW; END $function$;

CREATE OR REPLACE FUNCTION public.huilu_recovery_codes_no_update()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
            IF OLD.used_wall IS NOT NULL THEN RAISE EXCEPTION 'recovery_codes: no code is taken twice' USING ERRCODE = 'restrict_violation'; END IF;
            RETURN NEW; END $function$;

CREATE OR REPLACE FUNCTION public.huilu_refuse()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
           BEGIN RAISE EXCEPTION '%: %', TG_TABLE_NAME, TG_ARGV[0] USING ERRCODE = 'restrict_violation'; END $function$;

CREATE OR REPLACE FUNCTION public.huilu_rule_sets_no_delete()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
            IF 1 = 1 THEN RAISE EXCEPTION 'rule_sets: rules stay on record' USING ERRCODE = 'restrict_violation'; END IF;
            RETURN OLD; END $function$;

CREATE OR REPLACE FUNCTION public.huilu_rule_sets_no_update()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
            IF OLD.state <> 'open' OR NEW.id <> OLD.id OR CAST(NEW.files AS TEXT) <> CAST(OLD.files AS TEXT)
            OR NEW.sha256 <> OLD.sha256 OR NEW.reason <> OLD.reason OR NEW.from_on <> OLD.from_on
            OR NEW.proposed_by <> OLD.proposed_by OR NEW.proposed_as <> OLD.proposed_as
            OR NEW.proposed_wall <> OLD.proposed_wall OR NEW.expires_wall <> OLD.expires_wall
            OR (NEW.state = 'confirmed' AND (NEW.number IS NULL OR NEW.confirmed_on IS NULL
                OR NEW.answered_by IS NULL OR NEW.answered_by = OLD.proposed_by)) THEN RAISE EXCEPTION 'rule_sets: rules stay as they were proposed, and take two persons' USING ERRCODE = 'restrict_violation'; END IF;
            RETURN NEW; END $function$;

CREATE OR REPLACE FUNCTION public.huilu_second_factors_no_update()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
            IF NEW.last_step < OLD.last_step THEN RAISE EXCEPTION 'second_factors: no code is taken twice' USING ERRCODE = 'restrict_violation'; END IF;
            RETURN NEW; END $function$;

CREATE OR REPLACE FUNCTION public.huilu_segments_no_delete()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
            IF TRUE THEN RAISE EXCEPTION 'segments: append-only' USING ERRCODE = 'restrict_violation'; END IF;
            RETURN OLD; END $function$;

CREATE OR REPLACE FUNCTION public.huilu_segments_no_update()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
            IF TRUE THEN RAISE EXCEPTION 'segments: append-only' USING ERRCODE = 'restrict_violation'; END IF;
            RETURN NEW; END $function$;

CREATE OR REPLACE FUNCTION public.huilu_signed_papers_no_delete()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
            IF TRUE THEN RAISE EXCEPTION 'signed_papers: what was signed is never forgotten' USING ERRCODE = 'restrict_violation'; END IF;
            RETURN OLD; END $function$;

CREATE OR REPLACE FUNCTION public.huilu_signed_papers_no_update()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
            IF NEW.form <> OLD.form OR NEW.kind <> OLD.kind OR NEW.subject <> OLD.subject OR NEW.unit_id <> OLD.unit_id OR NEW.mime <> OLD.mime OR NEW.bytes <> OLD.bytes OR NEW.sha256 <> OLD.sha256 OR NEW.sm3 <> OLD.sm3 OR NEW.name <> OLD.name OR NEW.user_id <> OLD.user_id OR NEW.received_wall <> OLD.received_wall OR COALESCE(NEW.number, -1) <> COALESCE(OLD.number, -1) OR COALESCE(NEW.pages, -1) <> COALESCE(OLD.pages, -1) OR COALESCE(NEW.placed, '') <> COALESCE(OLD.placed, '') OR COALESCE(NEW.signer, '') <> COALESCE(OLD.signer, '') OR COALESCE(NEW.signer_id, '') <> COALESCE(OLD.signer_id, '') OR COALESCE(NEW.place, '') <> COALESCE(OLD.place, '') OR COALESCE(NEW.document, '') <> COALESCE(OLD.document, '') OR COALESCE(NEW.device, '') <> COALESCE(OLD.device, '') OR (OLD.locked_until_wall IS NOT NULL AND (NEW.locked_until_wall IS NULL OR NEW.locked_until_wall < OLD.locked_until_wall)) THEN RAISE EXCEPTION 'signed_papers: it stays as it came, and a lock grows only' USING ERRCODE = 'restrict_violation'; END IF;
            RETURN NEW; END $function$;

CREATE OR REPLACE FUNCTION public.huilu_signing_keys_no_delete()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
            IF TRUE THEN RAISE EXCEPTION 'signing_keys: append-only' USING ERRCODE = 'restrict_violation'; END IF;
            RETURN OLD; END $function$;

CREATE OR REPLACE FUNCTION public.huilu_signing_keys_no_update()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
            IF TRUE THEN RAISE EXCEPTION 'signing_keys: append-only' USING ERRCODE = 'restrict_violation'; END IF;
            RETURN NEW; END $function$;

CREATE OR REPLACE FUNCTION public.huilu_substitutes_no_delete()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
            IF TRUE THEN RAISE EXCEPTION 'substitutes: kept' USING ERRCODE = 'restrict_violation'; END IF;
            RETURN OLD; END $function$;

CREATE OR REPLACE FUNCTION public.huilu_substitutes_no_update()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
            IF OLD.ended_wall IS NOT NULL OR NEW.ended_wall IS NULL OR NEW.giver_id <> OLD.giver_id
            OR NEW.substitute_id <> OLD.substitute_id OR COALESCE(NEW.role, '') <> COALESCE(OLD.role, '')
            OR COALESCE(NEW.unit_id, '') <> COALESCE(OLD.unit_id, '') OR NEW.from_on <> OLD.from_on
            OR NEW.until_on <> OLD.until_on OR NEW.reason <> OLD.reason OR NEW.created_wall <> OLD.created_wall THEN RAISE EXCEPTION 'substitutes: ended once, and never changed' USING ERRCODE = 'restrict_violation'; END IF;
            RETURN NEW; END $function$;

CREATE TRIGGER authorities_no_delete BEFORE DELETE ON public.authorities FOR EACH ROW EXECUTE FUNCTION huilu_refuse('append-only');

CREATE TRIGGER authorities_no_truncate BEFORE TRUNCATE ON public.authorities FOR EACH STATEMENT EXECUTE FUNCTION huilu_refuse('append-only');

CREATE TRIGGER authorities_no_update BEFORE UPDATE ON public.authorities FOR EACH ROW EXECUTE FUNCTION huilu_refuse('append-only');

CREATE TRIGGER awaited_steps_delete_desks AFTER DELETE ON public.awaited_steps FOR EACH STATEMENT EXECUTE FUNCTION huilu_desk_changed();

CREATE TRIGGER awaited_steps_insert_desks AFTER INSERT ON public.awaited_steps FOR EACH STATEMENT EXECUTE FUNCTION huilu_desk_changed();

CREATE TRIGGER awaited_steps_update_desks AFTER UPDATE ON public.awaited_steps FOR EACH STATEMENT EXECUTE FUNCTION huilu_desk_changed();

CREATE TRIGGER branch_plans_no_delete BEFORE DELETE ON public.branch_plans FOR EACH ROW EXECUTE FUNCTION huilu_branch_plans_no_delete();

CREATE TRIGGER branch_plans_no_update BEFORE UPDATE ON public.branch_plans FOR EACH ROW EXECUTE FUNCTION huilu_branch_plans_no_update();

CREATE TRIGGER branch_reports_no_update BEFORE UPDATE ON public.branch_reports FOR EACH ROW EXECUTE FUNCTION huilu_branch_reports_no_update();

CREATE TRIGGER broken_rules_delete_desks AFTER DELETE ON public.broken_rules FOR EACH STATEMENT EXECUTE FUNCTION huilu_desk_changed();

CREATE TRIGGER broken_rules_insert_desks AFTER INSERT ON public.broken_rules FOR EACH STATEMENT EXECUTE FUNCTION huilu_desk_changed();

CREATE TRIGGER broken_rules_update_desks AFTER UPDATE ON public.broken_rules FOR EACH STATEMENT EXECUTE FUNCTION huilu_desk_changed();

CREATE TRIGGER chains_no_delete BEFORE DELETE ON public.chains FOR EACH ROW EXECUTE FUNCTION huilu_chains_no_delete();

CREATE TRIGGER chains_no_truncate BEFORE TRUNCATE ON public.chains FOR EACH STATEMENT EXECUTE FUNCTION huilu_refuse('append-only');

CREATE TRIGGER chains_no_update BEFORE UPDATE ON public.chains FOR EACH ROW EXECUTE FUNCTION huilu_chains_no_update();

CREATE TRIGGER checkpoints_no_delete BEFORE DELETE ON public.checkpoints FOR EACH ROW EXECUTE FUNCTION huilu_checkpoints_no_delete();

CREATE TRIGGER checkpoints_no_truncate BEFORE TRUNCATE ON public.checkpoints FOR EACH STATEMENT EXECUTE FUNCTION huilu_refuse('append-only');

CREATE TRIGGER checkpoints_no_update BEFORE UPDATE ON public.checkpoints FOR EACH ROW EXECUTE FUNCTION huilu_checkpoints_no_update();

CREATE TRIGGER countersignatures_no_delete BEFORE DELETE ON public.countersignatures FOR EACH ROW EXECUTE FUNCTION huilu_refuse('append-only');

CREATE TRIGGER countersignatures_no_truncate BEFORE TRUNCATE ON public.countersignatures FOR EACH STATEMENT EXECUTE FUNCTION huilu_refuse('append-only');

CREATE TRIGGER countersignatures_no_update BEFORE UPDATE ON public.countersignatures FOR EACH ROW EXECUTE FUNCTION huilu_refuse('append-only');

CREATE TRIGGER decisions_delete_desks AFTER DELETE ON public.decisions FOR EACH STATEMENT EXECUTE FUNCTION huilu_desk_changed();

CREATE TRIGGER decisions_insert_desks AFTER INSERT ON public.decisions FOR EACH STATEMENT EXECUTE FUNCTION huilu_desk_changed();

CREATE TRIGGER decisions_update_desks AFTER UPDATE ON public.decisions FOR EACH STATEMENT EXECUTE FUNCTION huilu_desk_changed();

CREATE TRIGGER deliveries_keep BEFORE UPDATE ON public.deliveries FOR EACH ROW EXECUTE FUNCTION huilu_deliveries_keep();

CREATE TRIGGER deliveries_no_delete BEFORE DELETE ON public.deliveries FOR EACH ROW EXECUTE FUNCTION huilu_deliveries_no_delete();

CREATE TRIGGER deliveries_no_update BEFORE UPDATE ON public.deliveries FOR EACH ROW EXECUTE FUNCTION huilu_deliveries_no_update();

CREATE TRIGGER entries_move_head AFTER INSERT ON public.entries FOR EACH ROW EXECUTE FUNCTION huilu_entries_move_head();

CREATE TRIGGER entries_no_delete BEFORE DELETE ON public.entries FOR EACH ROW EXECUTE FUNCTION huilu_entries_no_delete();

CREATE TRIGGER entries_no_insert BEFORE INSERT ON public.entries FOR EACH ROW EXECUTE FUNCTION huilu_entries_no_insert();

CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON public.entries FOR EACH STATEMENT EXECUTE FUNCTION huilu_refuse('append-only');

CREATE TRIGGER entries_no_update BEFORE UPDATE ON public.entries FOR EACH ROW EXECUTE FUNCTION huilu_entries_no_update();

CREATE TRIGGER erasures_no_delete BEFORE DELETE ON public.erasures FOR EACH ROW EXECUTE FUNCTION huilu_erasures_no_delete();

CREATE TRIGGER erasures_no_truncate BEFORE TRUNCATE ON public.erasures FOR EACH STATEMENT EXECUTE FUNCTION huilu_refuse('append-only');

CREATE TRIGGER erasures_no_update BEFORE UPDATE ON public.erasures FOR EACH ROW EXECUTE FUNCTION huilu_erasures_no_update();

CREATE TRIGGER explained_gaps_no_delete BEFORE DELETE ON public.explained_gaps FOR EACH ROW EXECUTE FUNCTION huilu_refuse('append-only');

CREATE TRIGGER explained_gaps_no_truncate BEFORE TRUNCATE ON public.explained_gaps FOR EACH STATEMENT EXECUTE FUNCTION huilu_refuse('append-only');

CREATE TRIGGER explained_gaps_no_update BEFORE UPDATE ON public.explained_gaps FOR EACH ROW EXECUTE FUNCTION huilu_refuse('append-only');

CREATE TRIGGER explanations_no_delete BEFORE DELETE ON public.explanations FOR EACH ROW EXECUTE FUNCTION huilu_refuse('append-only');

CREATE TRIGGER explanations_no_truncate BEFORE TRUNCATE ON public.explanations FOR EACH STATEMENT EXECUTE FUNCTION huilu_refuse('append-only');

CREATE TRIGGER explanations_no_update BEFORE UPDATE ON public.explanations FOR EACH ROW EXECUTE FUNCTION huilu_refuse('append-only');

CREATE TRIGGER holds_no_delete BEFORE DELETE ON public.holds FOR EACH ROW EXECUTE FUNCTION huilu_holds_no_delete();

CREATE TRIGGER locks_no_delete BEFORE DELETE ON public.locks FOR EACH ROW EXECUTE FUNCTION huilu_locks_no_delete();

CREATE TRIGGER locks_no_update BEFORE UPDATE ON public.locks FOR EACH ROW EXECUTE FUNCTION huilu_locks_no_update();

CREATE TRIGGER looks_no_delete BEFORE DELETE ON public.looks FOR EACH ROW EXECUTE FUNCTION huilu_looks_no_delete();

CREATE TRIGGER looks_no_truncate BEFORE TRUNCATE ON public.looks FOR EACH STATEMENT EXECUTE FUNCTION huilu_refuse('append-only');

CREATE TRIGGER looks_no_update BEFORE UPDATE ON public.looks FOR EACH ROW EXECUTE FUNCTION huilu_looks_no_update();

CREATE TRIGGER meeting_parts_delete_desks AFTER DELETE ON public.meeting_parts FOR EACH STATEMENT EXECUTE FUNCTION huilu_desk_changed();

CREATE TRIGGER meeting_parts_insert_desks AFTER INSERT ON public.meeting_parts FOR EACH STATEMENT EXECUTE FUNCTION huilu_desk_changed();

CREATE TRIGGER meeting_parts_update_desks AFTER UPDATE OF unit_id, kind ON public.meeting_parts FOR EACH STATEMENT EXECUTE FUNCTION huilu_desk_changed();

CREATE TRIGGER meetings_delete_desks AFTER DELETE ON public.meetings FOR EACH STATEMENT EXECUTE FUNCTION huilu_desk_changed();

CREATE TRIGGER meetings_insert_desks AFTER INSERT ON public.meetings FOR EACH STATEMENT EXECUTE FUNCTION huilu_desk_changed();

CREATE TRIGGER meetings_update_desks AFTER UPDATE OF title, kind, unit_id, state, access_class, planned_wall, opened_wall ON public.meetings FOR EACH STATEMENT EXECUTE FUNCTION huilu_desk_changed();

CREATE TRIGGER messages_no_update BEFORE UPDATE ON public.messages FOR EACH ROW EXECUTE FUNCTION huilu_messages_no_update();

CREATE TRIGGER notice_hangings_no_delete BEFORE DELETE ON public.notice_hangings FOR EACH ROW EXECUTE FUNCTION huilu_refuse('append-only');

CREATE TRIGGER notice_hangings_no_truncate BEFORE TRUNCATE ON public.notice_hangings FOR EACH STATEMENT EXECUTE FUNCTION huilu_refuse('append-only');

CREATE TRIGGER notice_hangings_no_update BEFORE UPDATE ON public.notice_hangings FOR EACH ROW EXECUTE FUNCTION huilu_refuse('append-only');

CREATE TRIGGER notice_tables_no_delete BEFORE DELETE ON public.notice_tables FOR EACH ROW EXECUTE FUNCTION huilu_notice_tables_no_delete();

CREATE TRIGGER notice_tables_no_update BEFORE UPDATE ON public.notice_tables FOR EACH ROW EXECUTE FUNCTION huilu_notice_tables_no_update();

CREATE TRIGGER objections_no_delete BEFORE DELETE ON public.objections FOR EACH ROW EXECUTE FUNCTION huilu_objections_no_delete();

CREATE TRIGGER objections_no_update BEFORE UPDATE ON public.objections FOR EACH ROW EXECUTE FUNCTION huilu_objections_no_update();

CREATE TRIGGER outside_affairs_delete_desks AFTER DELETE ON public.outside_affairs FOR EACH STATEMENT EXECUTE FUNCTION huilu_desk_changed();

CREATE TRIGGER outside_affairs_insert_desks AFTER INSERT ON public.outside_affairs FOR EACH STATEMENT EXECUTE FUNCTION huilu_desk_changed();

CREATE TRIGGER outside_affairs_update_desks AFTER UPDATE ON public.outside_affairs FOR EACH STATEMENT EXECUTE FUNCTION huilu_desk_changed();

CREATE TRIGGER payloads_no_delete BEFORE DELETE ON public.payloads FOR EACH ROW EXECUTE FUNCTION huilu_payloads_no_delete();

CREATE TRIGGER payloads_no_truncate BEFORE TRUNCATE ON public.payloads FOR EACH STATEMENT EXECUTE FUNCTION huilu_refuse('append-only');

CREATE TRIGGER payloads_no_update BEFORE UPDATE ON public.payloads FOR EACH ROW EXECUTE FUNCTION huilu_payloads_no_update();

CREATE TRIGGER plan_files_no_delete BEFORE DELETE ON public.plan_files FOR EACH ROW EXECUTE FUNCTION huilu_plan_files_no_delete();

CREATE TRIGGER plan_files_no_update BEFORE UPDATE ON public.plan_files FOR EACH ROW EXECUTE FUNCTION huilu_plan_files_no_update();

CREATE TRIGGER public_notices_no_delete BEFORE DELETE ON public.public_notices FOR EACH ROW EXECUTE FUNCTION huilu_public_notices_no_delete();

CREATE TRIGGER public_notices_no_update BEFORE UPDATE ON public.public_notices FOR EACH ROW EXECUTE FUNCTION huilu_public_notices_no_update();

CREATE TRIGGER questions_no_delete BEFORE DELETE ON public.questions FOR EACH ROW EXECUTE FUNCTION huilu_questions_no_delete();

CREATE TRIGGER questions_no_update BEFORE UPDATE ON public.questions FOR EACH ROW EXECUTE FUNCTION huilu_questions_no_update();

CREATE TRIGGER recovery_codes_no_update BEFORE UPDATE ON public.recovery_codes FOR EACH ROW EXECUTE FUNCTION huilu_recovery_codes_no_update();

CREATE TRIGGER rule_sets_no_delete BEFORE DELETE ON public.rule_sets FOR EACH ROW EXECUTE FUNCTION huilu_rule_sets_no_delete();

CREATE TRIGGER rule_sets_no_update BEFORE UPDATE ON public.rule_sets FOR EACH ROW EXECUTE FUNCTION huilu_rule_sets_no_update();

CREATE TRIGGER second_factors_no_update BEFORE UPDATE ON public.second_factors FOR EACH ROW EXECUTE FUNCTION huilu_second_factors_no_update();

CREATE TRIGGER segments_no_delete BEFORE DELETE ON public.segments FOR EACH ROW EXECUTE FUNCTION huilu_segments_no_delete();

CREATE TRIGGER segments_no_truncate BEFORE TRUNCATE ON public.segments FOR EACH STATEMENT EXECUTE FUNCTION huilu_refuse('append-only');

CREATE TRIGGER segments_no_update BEFORE UPDATE ON public.segments FOR EACH ROW EXECUTE FUNCTION huilu_segments_no_update();

CREATE TRIGGER signed_papers_no_delete BEFORE DELETE ON public.signed_papers FOR EACH ROW EXECUTE FUNCTION huilu_signed_papers_no_delete();

CREATE TRIGGER signed_papers_no_update BEFORE UPDATE ON public.signed_papers FOR EACH ROW EXECUTE FUNCTION huilu_signed_papers_no_update();

CREATE TRIGGER signing_keys_no_delete BEFORE DELETE ON public.signing_keys FOR EACH ROW EXECUTE FUNCTION huilu_signing_keys_no_delete();

CREATE TRIGGER signing_keys_no_truncate BEFORE TRUNCATE ON public.signing_keys FOR EACH STATEMENT EXECUTE FUNCTION huilu_refuse('append-only');

CREATE TRIGGER signing_keys_no_update BEFORE UPDATE ON public.signing_keys FOR EACH ROW EXECUTE FUNCTION huilu_signing_keys_no_update();

CREATE TRIGGER stamps_no_delete BEFORE DELETE ON public.stamps FOR EACH ROW EXECUTE FUNCTION huilu_refuse('append-only');

CREATE TRIGGER stamps_no_truncate BEFORE TRUNCATE ON public.stamps FOR EACH STATEMENT EXECUTE FUNCTION huilu_refuse('append-only');

CREATE TRIGGER stamps_no_update BEFORE UPDATE ON public.stamps FOR EACH ROW EXECUTE FUNCTION huilu_refuse('append-only');

CREATE TRIGGER substitutes_no_delete BEFORE DELETE ON public.substitutes FOR EACH ROW EXECUTE FUNCTION huilu_substitutes_no_delete();

CREATE TRIGGER substitutes_no_update BEFORE UPDATE ON public.substitutes FOR EACH ROW EXECUTE FUNCTION huilu_substitutes_no_update();

CREATE TRIGGER successions_no_delete BEFORE DELETE ON public.successions FOR EACH ROW EXECUTE FUNCTION huilu_refuse('append-only');

CREATE TRIGGER successions_no_truncate BEFORE TRUNCATE ON public.successions FOR EACH STATEMENT EXECUTE FUNCTION huilu_refuse('append-only');

CREATE TRIGGER successions_no_update BEFORE UPDATE ON public.successions FOR EACH ROW EXECUTE FUNCTION huilu_refuse('append-only');

CREATE TRIGGER unit_attributes_delete_desks AFTER DELETE ON public.unit_attributes FOR EACH STATEMENT EXECUTE FUNCTION huilu_desk_changed();

CREATE TRIGGER unit_attributes_insert_desks AFTER INSERT ON public.unit_attributes FOR EACH STATEMENT EXECUTE FUNCTION huilu_desk_changed();

CREATE TRIGGER unit_attributes_update_desks AFTER UPDATE ON public.unit_attributes FOR EACH STATEMENT EXECUTE FUNCTION huilu_desk_changed();

CREATE TRIGGER units_delete_desks AFTER DELETE ON public.units FOR EACH STATEMENT EXECUTE FUNCTION huilu_desk_changed();

CREATE TRIGGER units_insert_desks AFTER INSERT ON public.units FOR EACH STATEMENT EXECUTE FUNCTION huilu_desk_changed();

CREATE TRIGGER units_update_desks AFTER UPDATE ON public.units FOR EACH STATEMENT EXECUTE FUNCTION huilu_desk_changed();
