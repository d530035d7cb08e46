"""One decision record as plainly as possible, to be read beside DOMAIN.md: what acts do, what it comes to, its marks.

Everything that an act says is kept as it came (`kept`), and what follows from it is worked out again each time. Only
three things are remembered: the outcome, the marks (never taken back), and in which meeting it was decided. A
correction begins it anew (`corrections`).
"""

from datetime import date

from tests.model import corrections, tables
from tests.model.days import ONE, day, months_after
from tests.model.forms import Act, wrong
from tests.model.kept import Ask, Mark, Objection, Opinion, Posting, Sitting
from tests.model.refused import ENDED, Refusing, day_of
from tests.model.tables import Step

NOT_THE_VILLAGES_FAILURE = {"review-late", "split"}  # the town's, and advice
TAKES_THE_STEP = {"sitting", "post", "done", "sign", "opinion"}


class Record(Refusing):
    @classmethod
    def begin(cls, act: Act, exceptional: frozenset[date] = frozenset()) -> "Record | str":
        if (code := wrong(act)) is not None:
            return code
        choices = tables.CATALOGUE.get(act["matter"])
        if choices is None:
            return "matter.unknown"
        for procedure, body in choices:
            if act.get("procedure") in (None, procedure) and act.get("body") in (None, body):
                if act.get("guarantee"):
                    return "decision.guarantee"  # A 13, B 35
                return cls(act, procedure, body, exceptional)
        return "act.form"

    def act(self, act: Act) -> str | None:
        """None: taken. Otherwise why not."""
        if act.get("act") == "correct":
            return corrections.correct(self, act)
        code = self.refusal(act)
        if code is None:
            self.take(act)
            self.said.append(act)
        return code

    def take(self, act: Act) -> None:
        kind, key = act["act"], act.get("step")
        if "on" in act:
            self.newest = max(self.newest, day_of(act))
        meeting = act.get("meeting")
        if kind in TAKES_THE_STEP:
            self._judge_order(act["step"], day_of(act), meeting)
            self._judge_too_early(act["step"], day_of(act), meeting)
            if act["step"] == self.decider.key:
                self._judge_amount()
            self.taken.add(act["step"])
        if key is not None:
            self.touched.add(key)
        getattr(self, f"_take_{kind}")(act)

    def _take_plan(self, act: Act) -> None:
        self.plans.append((day_of(act), act["material"]))

    def _take_ask(self, act: Act) -> None:
        if not self.open_ask(act["step"]):
            self.asks[act["step"]].append(Ask(day_of(act)))

    def _take_opinion(self, act: Act) -> None:
        key, on = act["step"], day_of(act)
        ask = self.open_ask(key)
        if ask is not None and ask.on <= on:
            ask.answers.setdefault(act.get("office"), on)
        if ask is not None and len(ask.answers) == len(self.asked_of(key)):
            ask.answered_on = max(ask.answers.values())
            if key not in tables.ANSWERED_IN_ITS_OWN_TIME and ask.answered_on > self.town_has_until(ask):
                self.marks.add(("review-late", key, None))
        was_done = self.done_on(key) is not None
        opinion = Opinion(on, act["opinion"], act.get("plan") or self.newest_on(on), act.get("office"))
        self.opinions[key].append(opinion)
        self._judge_deadline(key, was_done, on)
        if key == self.decider.key and opinion.version >= self.newest_material():
            if opinion.says in ("agree", "risk"):
                self.outcome = "resolved"
            if opinion.says == "refuse":
                self.outcome = "rejected"

    def _take_sitting(self, act: Act) -> None:
        step, on, meeting = self.step(act["step"]), day_of(act), act["meeting"]
        assert step is not None
        newest = self.newest_on(on)
        if tables.REVIEW_COMES_BEFORE.get(self.procedure) == step.key:
            self._judge_review(step.key, on, meeting)
        notice = tables.NOTICE_DAYS.get(act.get("body") or "")
        if notice is not None and not self.urgent:
            called_on = day(act.get("called_on"))
            if called_on is None or (on - called_on).days < notice:
                self.marks.add(("notice", step.key, meeting))
        if (act.get("plan") or 0) != newest:
            self.marks.add(("plan", step.key, meeting))
        sitting = Sitting(step, meeting, on, act.get("plan") or newest, act)
        was_done = self.done_on(step.key) is not None
        self.sittings.append(sitting)
        self._judge_deadline(step.key, was_done, on, meeting)
        self._decide_by(sitting)

    def _take_sealed(self, act: Act) -> None:
        sitting = self.sitting(act["step"], act["meeting"])
        assert sitting is not None
        sitting.sealed = act
        broken = set()
        if sitting.step.recorded:
            if not act["recorded"]:
                broken.add("recorded")
            elif (act.get("coverage_permille") or 0) < tables.COVERAGE_AT_LEAST_PERMILLE:
                broken.add("coverage")
            if act["recorded"] and sitting.votes and len(sitting.votes) in (act.get("gaps") or []):
                broken.add("vote-coverage")  # a gap in an earlier vote was answered by taking the vote again
            if (act.get("longest_break_ms") or 0) > tables.BREAK_AT_MOST_MS:
                broken.add("breaks")
            if (act.get("breaks_permille") or 0) > tables.BREAKS_AT_MOST_PERMILLE:
                broken.add("breaks")
        if sitting.step.supervised:
            supervisor = act.get("supervisor") or {"present": False, "away_ms": 0, "confirmed": False}
            if not supervisor["present"] or supervisor["away_ms"] > tables.AWAY_AT_MOST_MS:
                broken.add("supervisor")
            if not supervisor["confirmed"]:
                broken.add("confirmed")
        self.marks |= {(rule, sitting.step.key, sitting.meeting) for rule in broken}

    def _take_vote(self, act: Act) -> None:
        sitting = self.sitting(act["step"], act["meeting"])
        assert sitting is not None
        was_done = self.done_on(sitting.step.key) is not None
        sitting.votes.append(act)
        self._judge_deadline(sitting.step.key, was_done, sitting.on, sitting.meeting)
        if sitting.step.supervised and not act.get("supervisor_present"):
            self.marks.add(("supervisor", sitting.step.key, sitting.meeting))
        if sitting.step.secret and act["way"] != "secret":
            self.marks.add(("way", sitting.step.key, sitting.meeting))
        if (act.get("proxies_most") or 0) > tables.PROXIES_AT_MOST or (act.get("proxies_of_candidates") or 0) > 0:
            self.marks.add(("proxies", sitting.step.key, sitting.meeting))
        self._decide_by(sitting)

    def _take_post(self, act: Act) -> None:
        if tables.REVIEW_COMES_BEFORE.get(self.procedure) == act["step"]:
            self._judge_review(act["step"], day_of(act), None)
        self.postings[act["step"]].append(Posting(day_of(act)))

    def _take_off(self, act: Act) -> None:
        step, posting = self.step(act["step"]), self.postings[act["step"]][-1]
        assert step is not None
        off_on = posting.off_on = day_of(act)
        if self.full_on(step, posting) is None:
            self.marks.add(("post-days", step.key, None))
        hung = [each for each in self.objections if each.posting is posting and each.needs_answer]
        if step.key != "roster" and any(each.answered_on is None or each.answered_on > off_on for each in hung):
            self.marks.add(("objection", step.key, None))

    def _take_object(self, act: Act) -> None:
        key, on = act["step"], day_of(act)
        posting = self.hung_up_to(key, on)
        assert posting is not None
        objection = Objection(key, posting, on)
        self.objections.append(objection)
        if key != "roster" and objection.needs_answer and posting.off_on is not None:
            self.marks.add(("objection", key, None))

    def _take_answer(self, act: Act) -> None:
        objection = self.objections[act["number"] - 1]
        objection.answered_on = day_of(act)
        if self._roster_answer_late(objection, objection.answered_on):
            self.marks.add(("objection", "roster", None))

    def _take_done(self, act: Act) -> None:
        key, was_done = act["step"], self.done_on(act["step"]) is not None
        self.dones[key].append(day_of(act))
        self._judge_deadline(key, was_done, day_of(act))
        if key == self.decider.key:
            self.outcome = "resolved"

    def _take_sign(self, act: Act) -> None:
        self.signs[act["step"]].append((act["person"], day_of(act), self.newest_on(day_of(act))))

    def _take_withdraw(self, act: Act) -> None:
        self.outcome = "withdrawn"

    def _take_end(self, act: Act) -> None:
        self.outcome = "ended"

    def _decide_by(self, sitting: Sitting) -> None:
        came_to = self.comes_to(sitting)
        if sitting.step.decides and came_to in ("passed", "rejected", "no_quorum"):
            self.outcome = "resolved" if came_to == "passed" else came_to
            self.decided_in = sitting.meeting

    # Rules of procedure that look at more than one act

    def _judge_order(self, key: str, on: date, meeting: str | None) -> None:
        for before in self.before(key):
            stands = not before.optional and not before.urgent and before.key != "review"
            if stands and not self.done_by(before.key, on):
                self.marks.add(("order", key, meeting))

    def _judge_amount(self) -> None:
        below = tables.SMALL_BELOW_FEN.get(self.matter)
        if below is None or self.amount is None:
            return
        if self.amount >= below:
            self.marks.add(("threshold", self.decider.key, None))
        elif self.amount + sum(each for each in self.others if each < below) >= below:
            self.marks.add(("split", self.decider.key, None))

    def _judge_review(self, key: str, on: date, meeting: str | None) -> None:
        let_go_by = any(
            self.town_has_until(ask) < on and (ask.answered_on is None or ask.answered_on > on)
            for ask in self.asks["review"]
        )
        if not self.urgent and not self.done_by("review", on) and not let_go_by:
            self.marks.add(("review", key, meeting))

    def _judge_too_early(self, key: str, on: date, meeting: str | None) -> None:
        if self._too_early(key, on):
            self.marks.add(("too-early", key, meeting))

    def _too_early(self, key: str, on: date) -> bool:
        after, days = tables.NOT_BEFORE.get((self.procedure, key), (None, 0))
        start = self.done_on(after) if after else None
        return start is not None and (on - start).days < days and (self.must(key).urgent or not self.urgent)

    def _judge_deadline(self, key: str, was_done: bool, on: date, meeting: str | None = None) -> None:
        rule = tables.DEADLINES.get((self.procedure, key))
        if rule is None or was_done or self.done_on(key) is None:
            return
        after, unit, count = rule
        start = self.done_on(after)
        if start is not None and on > (start + count * ONE if unit == "days" else months_after(start, count)):
            self.marks.add(("deadline", key, meeting))

    def _roster_answer_late(self, objection: Objection, on: date) -> bool:
        days = (on - objection.on).days
        must = objection.step == "roster" and objection.needs_answer
        return must and days > tables.ROSTER_OBJECTION_ANSWERED_WITHIN_DAYS

    # What is asked of a record

    def marks_on(self, today: date) -> set[Mark]:
        """With those that break by waiting."""
        waited = {("review-late", key, None) for key in self.asks if key in self.keys() and self.overdue(key, today)}
        for objection in self.objections:
            if objection.answered_on is None and self._roster_answer_late(objection, today):
                waited.add(("objection", "roster", None))
        return self.marks | waited

    def lifted_on(self, today: date) -> dict[Mark, int]:
        """What was a mark until it was corrected, and is none, by the number of the correction."""
        return {mark: number for mark, number in self.lifted.items() if mark not in self.marks_on(today)}

    def standing(self, today: date) -> dict[str, str]:
        """Of each step: done, passed-by, due or waiting."""
        standing: dict[str, str] = {}
        for step in self.steps:
            before = [
                each.key for each in self.before(step.key)
                if not each.optional and not each.urgent and not (each.key == "review" and self.urgent)
            ]  # fmt: skip
            if self.done_by(step.key, today):
                standing[step.key] = "done"
            elif self.outcome in ENDED or self._passed_by(step, today):
                standing[step.key] = "passed-by"
            elif not self._too_early(step.key, today) and all(standing[key] in ("done", "passed-by") for key in before):
                standing[step.key] = "due"
            else:
                standing[step.key] = "waiting"
        return standing

    def _passed_by(self, step: Step, today: date) -> bool:
        if step.optional:
            return any(self.stands_before(step.key, later) for later in self.taken)
        if step.key != "review":
            return False
        gone_by = tables.REVIEW_COMES_BEFORE[self.procedure]
        held = any(each.step.key == gone_by and each.version >= self.newest_material() for each in self.sittings)
        return (not self.urgent and (held or bool(self.postings[gone_by]))) or self.overdue(step.key, today)

    def next(self, today: date) -> set[tuple[str, str | None]]:
        """The acts that may be done next, each with its step."""
        pairs: set[tuple[str, str | None]] = {("sealed", each.step.key) for each in self.unsealed()}
        if self.outcome in ENDED:
            return pairs
        standing = self.standing(today)
        for step in self.steps:
            postings = self.postings[step.key]
            hangs = bool(postings) and postings[-1].off_on is None
            if standing[step.key] == "due":
                if step.kind == "posting":
                    pairs |= set() if hangs else {("post", step.key)}
                else:
                    pairs.add((step.kind, step.key))
                if step.kind == "opinion" and self.open_ask(step.key) is None:
                    pairs.add(("ask", step.key))
                if any(each.step == step and step.vote and self.comes_to(each) is None for each in self.sittings):
                    pairs.add(("vote", step.key))
            if hangs and (full := self.full_on(step, postings[-1])) is not None and full <= today:
                pairs.add(("off", step.key))
        pairs |= {("answer", each.step) for each in self.objections if each.answered_on is None}
        if self.closed(today):
            return pairs
        pairs |= {("end", None)} | ({("withdraw", None)} if self.outcome != "resolved" else set())
        return pairs

    def compliant(self, today: date) -> bool | None:
        if any(rule not in NOT_THE_VILLAGES_FAILURE for rule, _, _ in self.marks_on(today)):
            return False
        if self.unsealed():
            return None
        if self.outcome in ENDED:
            return True
        waited_for = [key for key, how in self.standing(today).items() if how in ("due", "waiting")]
        return None if any(not self.must(key).optional for key in waited_for) else True
