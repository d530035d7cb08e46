CREATE TRIGGER authorities_no_delete BEFORE DELETE ON authorities FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'authorities: append-only'); END;

CREATE TRIGGER authorities_no_update BEFORE UPDATE ON authorities FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'authorities: append-only'); END;

CREATE TRIGGER awaited_steps_delete_desks AFTER DELETE ON awaited_steps FOR EACH ROW BEGIN INSERT INTO desk_changes (id) VALUES (NULL); END;

CREATE TRIGGER awaited_steps_insert_desks AFTER INSERT ON awaited_steps FOR EACH ROW BEGIN INSERT INTO desk_changes (id) VALUES (NULL); END;

CREATE TRIGGER awaited_steps_update_desks AFTER UPDATE ON awaited_steps FOR EACH ROW BEGIN INSERT INTO desk_changes (id) VALUES (NULL); END;

CREATE TRIGGER branch_plans_no_delete BEFORE DELETE ON branch_plans FOR EACH ROW WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'branch_plans: what was filed stays'); END;

CREATE TRIGGER branch_plans_no_update BEFORE UPDATE ON branch_plans FOR EACH ROW WHEN NEW.id <> OLD.id OR NEW.branch_id <> OLD.branch_id OR NEW.quarter <> OLD.quarter OR NEW.version <> OLD.version OR NEW.filed_by <> OLD.filed_by OR NEW.filed_as <> OLD.filed_as OR NEW.filed_on <> OLD.filed_on OR NEW.filed_wall <> OLD.filed_wall OR CAST(NEW.entries AS TEXT) <> CAST(OLD.entries AS TEXT)
            OR COALESCE(NEW.fixed_day, 0) <> COALESCE(OLD.fixed_day, 0) OR OLD.opinion IS NOT NULL BEGIN SELECT RAISE(ABORT, 'branch_plans: what was filed stays, and is reviewed once'); END;

CREATE TRIGGER branch_reports_no_update BEFORE UPDATE ON branch_reports FOR EACH ROW WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'branch_reports: what was checked stays as it was'); END;

CREATE TRIGGER broken_rules_delete_desks AFTER DELETE ON broken_rules FOR EACH ROW BEGIN INSERT INTO desk_changes (id) VALUES (NULL); END;

CREATE TRIGGER broken_rules_insert_desks AFTER INSERT ON broken_rules FOR EACH ROW BEGIN INSERT INTO desk_changes (id) VALUES (NULL); END;

CREATE TRIGGER broken_rules_update_desks AFTER UPDATE ON broken_rules FOR EACH ROW BEGIN INSERT INTO desk_changes (id) VALUES (NULL); END;

CREATE TRIGGER chains_no_delete BEFORE DELETE ON chains FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'chains: append-only'); END;

CREATE TRIGGER chains_no_update BEFORE UPDATE ON chains FOR EACH ROW WHEN OLD.closed OR NEW.id <> OLD.id OR NEW.kind <> OLD.kind OR NEW.subject <> OLD.subject
           OR NEW.head_seq NOT IN (OLD.head_seq, OLD.head_seq + 1)
           OR (NEW.head_seq = OLD.head_seq AND NEW.head_hash <> OLD.head_hash) BEGIN SELECT RAISE(ABORT, 'chains: a chain only moves forward, and not once it is closed'); END;

CREATE TRIGGER checkpoints_no_delete BEFORE DELETE ON checkpoints FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'checkpoints: append-only'); END;

CREATE TRIGGER checkpoints_no_update BEFORE UPDATE ON checkpoints FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'checkpoints: append-only'); END;

CREATE TRIGGER countersignatures_no_delete BEFORE DELETE ON countersignatures FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'countersignatures: append-only'); END;

CREATE TRIGGER countersignatures_no_update BEFORE UPDATE ON countersignatures FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'countersignatures: append-only'); END;

CREATE TRIGGER decisions_delete_desks AFTER DELETE ON decisions FOR EACH ROW BEGIN INSERT INTO desk_changes (id) VALUES (NULL); END;

CREATE TRIGGER decisions_insert_desks AFTER INSERT ON decisions FOR EACH ROW BEGIN INSERT INTO desk_changes (id) VALUES (NULL); END;

CREATE TRIGGER decisions_update_desks AFTER UPDATE ON decisions FOR EACH ROW BEGIN INSERT INTO desk_changes (id) VALUES (NULL); END;

CREATE TRIGGER deliveries_keep BEFORE UPDATE ON deliveries FOR EACH ROW WHEN (OLD.locked_until_wall IS NOT NULL
            AND (NEW.locked_until_wall IS NULL OR NEW.locked_until_wall < OLD.locked_until_wall)) OR (
           ((NEW.removing_wall IS NOT NULL AND OLD.removing_wall IS NULL)
            OR (NEW.removed_wall IS NOT NULL AND OLD.removing_wall IS NULL))
           AND EXISTS (SELECT 1 FROM holds h WHERE h.recording_id = NEW.recording_id AND h.lifted_wall IS NULL)) BEGIN SELECT RAISE(ABORT, 'deliveries: a lock grows only, and holds win'); END;

CREATE TRIGGER deliveries_no_delete BEFORE DELETE ON deliveries FOR EACH ROW WHEN TRUE BEGIN SELECT RAISE(ABORT, 'deliveries: what was delivered is never forgotten'); END;

CREATE TRIGGER deliveries_no_update BEFORE UPDATE ON deliveries FOR EACH ROW WHEN NEW.origin <> OLD.origin OR NEW.user_id <> OLD.user_id OR NEW.recording_id <> OLD.recording_id OR (OLD.sha256 IS NOT NULL AND (NEW.sha256 IS NULL OR NEW.sha256 <> OLD.sha256 OR NEW.sm3 <> OLD.sm3 OR NEW.name <> OLD.name OR NEW.bytes <> OLD.bytes OR NEW.start_ns <> OLD.start_ns OR NEW.end_ns <> OLD.end_ns OR NEW.received_wall <> OLD.received_wall)) BEGIN SELECT RAISE(ABORT, 'deliveries: sealed as it came'); END;

CREATE TRIGGER entries_move_head AFTER INSERT ON entries FOR EACH ROW BEGIN UPDATE chains SET head_seq = NEW.seq, head_hash = NEW.hash WHERE id = NEW.chain_id; END;

CREATE TRIGGER entries_no_delete BEFORE DELETE ON entries FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'entries: append-only'); END;

CREATE TRIGGER entries_no_insert BEFORE INSERT ON entries FOR EACH ROW WHEN NOT EXISTS (SELECT 1 FROM chains c WHERE c.id = NEW.chain_id AND NOT c.closed
           AND c.head_seq = NEW.seq - 1 AND c.head_hash = NEW.previous) BEGIN SELECT RAISE(ABORT, 'entries: an entry goes on top of an open chain'); END;

CREATE TRIGGER entries_no_update BEFORE UPDATE ON entries FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'entries: append-only'); END;

CREATE TRIGGER erasures_no_delete BEFORE DELETE ON erasures FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'erasures: append-only'); END;

CREATE TRIGGER erasures_no_update BEFORE UPDATE ON erasures FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'erasures: append-only'); END;

CREATE TRIGGER explained_gaps_no_delete BEFORE DELETE ON explained_gaps FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'explained_gaps: append-only'); END;

CREATE TRIGGER explained_gaps_no_update BEFORE UPDATE ON explained_gaps FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'explained_gaps: append-only'); END;

CREATE TRIGGER explanations_no_delete BEFORE DELETE ON explanations FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'explanations: append-only'); END;

CREATE TRIGGER explanations_no_update BEFORE UPDATE ON explanations FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'explanations: append-only'); END;

CREATE TRIGGER holds_no_delete BEFORE DELETE ON holds FOR EACH ROW WHEN TRUE BEGIN SELECT RAISE(ABORT, 'holds: a hold is lifted, never deleted'); END;

CREATE TRIGGER locks_no_delete BEFORE DELETE ON locks FOR EACH ROW WHEN TRUE BEGIN SELECT RAISE(ABORT, 'locks: a lock is never forgotten'); END;

CREATE TRIGGER locks_no_update BEFORE UPDATE ON locks FOR EACH ROW WHEN NEW.until_wall < OLD.until_wall OR (
           ((NEW.removing_wall IS NOT NULL AND OLD.removing_wall IS NULL)
            OR (NEW.removed_wall IS NOT NULL AND OLD.removing_wall IS NULL))
           AND EXISTS (SELECT 1 FROM holds h WHERE h.recording_id = NEW.recording_id AND h.lifted_wall IS NULL)) BEGIN SELECT RAISE(ABORT, 'locks: a lock grows only, and holds win'); END;

CREATE TRIGGER looks_no_delete BEFORE DELETE ON looks FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'looks: append-only'); END;

CREATE TRIGGER looks_no_update BEFORE UPDATE ON looks FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'looks: append-only'); END;

CREATE TRIGGER meeting_parts_delete_desks AFTER DELETE ON meeting_parts FOR EACH ROW BEGIN INSERT INTO desk_changes (id) VALUES (NULL); END;

CREATE TRIGGER meeting_parts_insert_desks AFTER INSERT ON meeting_parts FOR EACH ROW BEGIN INSERT INTO desk_changes (id) VALUES (NULL); END;

CREATE TRIGGER meeting_parts_update_desks AFTER UPDATE OF unit_id, kind ON meeting_parts FOR EACH ROW BEGIN INSERT INTO desk_changes (id) VALUES (NULL); END;

CREATE TRIGGER meetings_delete_desks AFTER DELETE ON meetings FOR EACH ROW BEGIN INSERT INTO desk_changes (id) VALUES (NULL); END;

CREATE TRIGGER meetings_insert_desks AFTER INSERT ON meetings FOR EACH ROW BEGIN INSERT INTO desk_changes (id) VALUES (NULL); END;

CREATE TRIGGER meetings_update_desks AFTER UPDATE OF title, kind, unit_id, state, access_class, planned_wall, opened_wall ON meetings FOR EACH ROW BEGIN INSERT INTO desk_changes (id) VALUES (NULL); END;

CREATE TRIGGER messages_no_update BEFORE UPDATE ON messages FOR EACH ROW WHEN NEW.text <> OLD.text OR NEW.text_en <> OLD.text_en OR NEW.subject <> OLD.subject OR NEW.kind <> OLD.kind
            OR NEW.unit_id <> OLD.unit_id OR NEW.created_wall <> OLD.created_wall
            OR (OLD.sent_wall IS NOT NULL AND (NEW.sent_wall IS NULL OR NEW.sent_wall <> OLD.sent_wall))
            OR (OLD.given_up_wall IS NOT NULL AND (NEW.given_up_wall IS NULL
                OR NEW.given_up_wall <> OLD.given_up_wall)) BEGIN SELECT RAISE(ABORT, 'messages: what was said stays as it was said'); END;

CREATE TRIGGER notice_hangings_no_delete BEFORE DELETE ON notice_hangings FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'notice_hangings: append-only'); END;

CREATE TRIGGER notice_hangings_no_update BEFORE UPDATE ON notice_hangings FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'notice_hangings: append-only'); END;

CREATE TRIGGER notice_tables_no_delete BEFORE DELETE ON notice_tables FOR EACH ROW WHEN TRUE BEGIN SELECT RAISE(ABORT, 'notice_tables: what hung is never forgotten'); END;

CREATE TRIGGER notice_tables_no_update BEFORE UPDATE ON notice_tables FOR EACH ROW WHEN NEW.notice_id <> OLD.notice_id OR NEW.number <> OLD.number OR NEW.title <> OLD.title OR NEW.mime <> OLD.mime OR NEW.bytes <> OLD.bytes OR NEW.sha256 <> OLD.sha256 OR NEW.sm3 <> OLD.sm3 OR NEW.name <> OLD.name OR NEW.user_id <> OLD.user_id OR NEW.user_as <> OLD.user_as OR NEW.received_wall <> OLD.received_wall OR (OLD.locked_until_wall IS NOT NULL AND (NEW.locked_until_wall IS NULL OR NEW.locked_until_wall < OLD.locked_until_wall)) BEGIN SELECT RAISE(ABORT, 'notice_tables: it stays as it came, and a lock grows only'); END;

CREATE TRIGGER objections_no_delete BEFORE DELETE ON objections FOR EACH ROW WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'objections: what was said stays on record'); END;

CREATE TRIGGER objections_no_update BEFORE UPDATE ON objections FOR EACH ROW WHEN NEW.id <> OLD.id OR NEW.notice_id <> OLD.notice_id OR NEW.unit_id <> OLD.unit_id
            OR COALESCE(NEW.name, '') <> COALESCE(OLD.name, '') OR NEW.text <> OLD.text
            OR NEW."on" <> OLD."on" OR NEW.wall <> OLD.wall
            OR (OLD.answer IS NOT NULL AND (NEW.answer IS NULL OR NEW.answer <> OLD.answer
                OR NEW.answered_on <> OLD.answered_on)) BEGIN SELECT RAISE(ABORT, 'objections: what was said stays as it was said'); END;

CREATE TRIGGER outside_affairs_delete_desks AFTER DELETE ON outside_affairs FOR EACH ROW BEGIN INSERT INTO desk_changes (id) VALUES (NULL); END;

CREATE TRIGGER outside_affairs_insert_desks AFTER INSERT ON outside_affairs FOR EACH ROW BEGIN INSERT INTO desk_changes (id) VALUES (NULL); END;

CREATE TRIGGER outside_affairs_update_desks AFTER UPDATE ON outside_affairs FOR EACH ROW BEGIN INSERT INTO desk_changes (id) VALUES (NULL); END;

CREATE TRIGGER payloads_no_delete BEFORE DELETE ON payloads FOR EACH ROW WHEN NOT EXISTS (SELECT 1 FROM erasures x JOIN entries e ON e.chain_id = x.by_chain_id AND e.seq = x.by_seq
           WHERE x.chain_id = OLD.chain_id AND x.seq = OLD.seq AND e.kind = 'erased') BEGIN SELECT RAISE(ABORT, 'payloads: a payload is only erased by an entry that says why'); END;

CREATE TRIGGER payloads_no_update BEFORE UPDATE ON payloads FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'payloads: append-only'); END;

CREATE TRIGGER plan_files_no_delete BEFORE DELETE ON plan_files FOR EACH ROW WHEN TRUE BEGIN SELECT RAISE(ABORT, 'plan_files: what was decided on is never forgotten'); END;

CREATE TRIGGER plan_files_no_update BEFORE UPDATE ON plan_files FOR EACH ROW WHEN NEW.decision_id <> OLD.decision_id OR NEW.title <> OLD.title OR NEW.mime <> OLD.mime OR NEW.bytes <> OLD.bytes OR NEW.sha256 <> OLD.sha256 OR NEW.sm3 <> OLD.sm3 OR NEW.name <> OLD.name OR NEW.user_id <> OLD.user_id OR NEW.received_wall <> OLD.received_wall OR (OLD.locked_until_wall IS NOT NULL AND (NEW.locked_until_wall IS NULL OR NEW.locked_until_wall < OLD.locked_until_wall)) BEGIN SELECT RAISE(ABORT, 'plan_files: it stays as it came, and a lock grows only'); END;

CREATE TRIGGER public_notices_no_delete BEFORE DELETE ON public_notices FOR EACH ROW WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'public_notices: what hung stays on record'); END;

CREATE TRIGGER public_notices_no_update BEFORE UPDATE ON public_notices FOR EACH ROW WHEN NEW.id <> OLD.id OR COALESCE(NEW.decision_id, '') <> COALESCE(OLD.decision_id, '')
            OR COALESCE(NEW.step, '') <> COALESCE(OLD.step, '') OR NEW.unit_id <> OLD.unit_id
            OR NEW.matter <> OLD.matter OR NEW.title <> OLD.title
            OR CAST(NEW.fields AS TEXT) <> CAST(OLD.fields AS TEXT) OR NEW.rules_on <> OLD.rules_on
            OR NEW.from_on <> OLD.from_on OR NEW.days <> OLD.days OR NEW.put_up_by <> OLD.put_up_by
            OR NEW.put_up_as <> OLD.put_up_as OR NEW.put_up_wall <> OLD.put_up_wall
            OR (OLD.off_on IS NOT NULL AND (NEW.off_on IS NULL OR NEW.off_on <> OLD.off_on)) BEGIN SELECT RAISE(ABORT, 'public_notices: what hung stays as it hung'); END;

CREATE TRIGGER questions_no_delete BEFORE DELETE ON questions FOR EACH ROW WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'questions: that a vote was begun stays on record'); END;

CREATE TRIGGER questions_no_update BEFORE UPDATE ON questions FOR EACH ROW WHEN OLD.closed_ns IS NOT NULL OR NEW.closed_ns IS NULL OR NEW.id <> OLD.id OR NEW.meeting_id <> OLD.meeting_id
            OR NEW.agenda_item_id <> OLD.agenda_item_id OR NEW.asked_ns <> OLD.asked_ns
            OR NEW.asked_by <> OLD.asked_by BEGIN SELECT RAISE(ABORT, 'questions: a vote is closed once'); END;

CREATE TRIGGER recovery_codes_no_update BEFORE UPDATE ON recovery_codes FOR EACH ROW WHEN OLD.used_wall IS NOT NULL BEGIN SELECT RAISE(ABORT, 'recovery_codes: no code is taken twice'); END;

CREATE TRIGGER rule_sets_no_delete BEFORE DELETE ON rule_sets FOR EACH ROW WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'rule_sets: rules stay on record'); END;

CREATE TRIGGER rule_sets_no_update BEFORE UPDATE ON rule_sets FOR EACH ROW WHEN OLD.state <> 'open' OR NEW.id <> OLD.id OR CAST(NEW.files AS TEXT) <> CAST(OLD.files AS TEXT)
            OR NEW.sha256 <> OLD.sha256 OR NEW.reason <> OLD.reason OR NEW.from_on <> OLD.from_on
            OR NEW.proposed_by <> OLD.proposed_by OR NEW.proposed_as <> OLD.proposed_as
            OR NEW.proposed_wall <> OLD.proposed_wall OR NEW.expires_wall <> OLD.expires_wall
            OR (NEW.state = 'confirmed' AND (NEW.number IS NULL OR NEW.confirmed_on IS NULL
                OR NEW.answered_by IS NULL OR NEW.answered_by = OLD.proposed_by)) BEGIN SELECT RAISE(ABORT, 'rule_sets: rules stay as they were proposed, and take two persons'); END;

CREATE TRIGGER second_factors_no_update BEFORE UPDATE ON second_factors FOR EACH ROW WHEN NEW.last_step < OLD.last_step BEGIN SELECT RAISE(ABORT, 'second_factors: no code is taken twice'); END;

CREATE TRIGGER segments_no_delete BEFORE DELETE ON segments FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'segments: append-only'); END;

CREATE TRIGGER segments_no_update BEFORE UPDATE ON segments FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'segments: append-only'); END;

CREATE TRIGGER signed_papers_no_delete BEFORE DELETE ON signed_papers FOR EACH ROW WHEN TRUE BEGIN SELECT RAISE(ABORT, 'signed_papers: what was signed is never forgotten'); END;

CREATE TRIGGER signed_papers_no_update BEFORE UPDATE ON signed_papers FOR EACH ROW WHEN NEW.form <> OLD.form OR NEW.kind <> OLD.kind OR NEW.subject <> OLD.subject OR NEW.unit_id <> OLD.unit_id OR NEW.mime <> OLD.mime OR NEW.bytes <> OLD.bytes OR NEW.sha256 <> OLD.sha256 OR NEW.sm3 <> OLD.sm3 OR NEW.name <> OLD.name OR NEW.user_id <> OLD.user_id OR NEW.received_wall <> OLD.received_wall OR COALESCE(NEW.number, -1) <> COALESCE(OLD.number, -1) OR COALESCE(NEW.pages, -1) <> COALESCE(OLD.pages, -1) OR COALESCE(NEW.placed, '') <> COALESCE(OLD.placed, '') OR COALESCE(NEW.signer, '') <> COALESCE(OLD.signer, '') OR COALESCE(NEW.signer_id, '') <> COALESCE(OLD.signer_id, '') OR COALESCE(NEW.place, '') <> COALESCE(OLD.place, '') OR COALESCE(NEW.document, '') <> COALESCE(OLD.document, '') OR COALESCE(NEW.device, '') <> COALESCE(OLD.device, '') OR (OLD.locked_until_wall IS NOT NULL AND (NEW.locked_until_wall IS NULL OR NEW.locked_until_wall < OLD.locked_until_wall)) BEGIN SELECT RAISE(ABORT, 'signed_papers: it stays as it came, and a lock grows only'); END;

CREATE TRIGGER signing_keys_no_delete BEFORE DELETE ON signing_keys FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'signing_keys: append-only'); END;

CREATE TRIGGER signing_keys_no_update BEFORE UPDATE ON signing_keys FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'signing_keys: append-only'); END;

CREATE TRIGGER stamps_no_delete BEFORE DELETE ON stamps FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'stamps: append-only'); END;

CREATE TRIGGER stamps_no_update BEFORE UPDATE ON stamps FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'stamps: append-only'); END;

CREATE TRIGGER substitutes_no_delete BEFORE DELETE ON substitutes FOR EACH ROW WHEN TRUE BEGIN SELECT RAISE(ABORT, 'substitutes: kept'); END;

CREATE TRIGGER substitutes_no_update BEFORE UPDATE ON substitutes FOR EACH ROW WHEN OLD.ended_wall IS NOT NULL OR NEW.ended_wall IS NULL OR NEW.giver_id <> OLD.giver_id
            OR NEW.substitute_id <> OLD.substitute_id OR COALESCE(NEW.role, '') <> COALESCE(OLD.role, '')
            OR COALESCE(NEW.unit_id, '') <> COALESCE(OLD.unit_id, '') OR NEW.from_on <> OLD.from_on
            OR NEW.until_on <> OLD.until_on OR NEW.reason <> OLD.reason OR NEW.created_wall <> OLD.created_wall BEGIN SELECT RAISE(ABORT, 'substitutes: ended once, and never changed'); END;

CREATE TRIGGER successions_no_delete BEFORE DELETE ON successions FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'successions: append-only'); END;

CREATE TRIGGER successions_no_update BEFORE UPDATE ON successions FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'successions: append-only'); END;

CREATE TRIGGER unit_attributes_delete_desks AFTER DELETE ON unit_attributes FOR EACH ROW BEGIN INSERT INTO desk_changes (id) VALUES (NULL); END;

CREATE TRIGGER unit_attributes_insert_desks AFTER INSERT ON unit_attributes FOR EACH ROW BEGIN INSERT INTO desk_changes (id) VALUES (NULL); END;

CREATE TRIGGER unit_attributes_update_desks AFTER UPDATE ON unit_attributes FOR EACH ROW BEGIN INSERT INTO desk_changes (id) VALUES (NULL); END;

CREATE TRIGGER units_delete_desks AFTER DELETE ON units FOR EACH ROW BEGIN INSERT INTO desk_changes (id) VALUES (NULL); END;

CREATE TRIGGER units_insert_desks AFTER INSERT ON units FOR EACH ROW BEGIN INSERT INTO desk_changes (id) VALUES (NULL); END;

CREATE TRIGGER units_update_desks AFTER UPDATE ON units FOR EACH ROW BEGIN INSERT INTO desk_changes (id) VALUES (NULL); END;
