"""What a vote's figures may be, and what a sitting comes to by quorum and majority (law)."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Literal

from api.domain.entries import BodyRule, Share, Step
from api.domain.procedure import acts
from api.domain.procedure.record import Record, Sitting
from api.errors.meetings import BadVote

Result = Literal["passed", "rejected", "no_quorum", "void"]
Broken = tuple[str, dict[str, Any]]  # a rule of law, and by which figures

# Where no body is asked.
SIMPLE = Share(base="present", numerator=1, denominator=2, at_least=False)


def check_sitting(said: acts.Sitting) -> None:
    if not 0 <= said.present <= said.due or said.due < 1:
        raise BadVote(f"{said.present} present of {said.due} due")


def check_vote(step: Step, vote: acts.Vote) -> None:
    figures = (vote.recused, vote.issued, vote.returned, vote.invalid, vote.other, vote.in_favour, vote.against,
               vote.abstained, vote.written_in_favour, vote.proxies, vote.proxies_most,
               vote.proxies_of_candidates)  # fmt: skip
    voting, cast = vote.present - vote.recused, vote.in_favour + vote.against + vote.abstained
    if min(figures) < 0 or vote.due < 1 or not 0 <= vote.present <= vote.due:
        raise BadVote(f"{vote.present} present of {vote.due} due")
    if vote.written_in_favour > vote.due - vote.present:
        raise BadVote(f"{vote.written_in_favour} in writing of {vote.due - vote.present} absent")
    absent = vote.due - vote.present if step.vote is not None and step.vote.proxies else 0
    held = max(vote.proxies_most, vote.proxies_of_candidates)
    if not held <= vote.proxies <= absent or (vote.proxies > 0) != (vote.proxies_most > 0):
        raise BadVote(f"{vote.proxies} by proxy of {absent} absent, {vote.proxies_most} by one")
    if vote.way == "secret" or (step.vote is not None and step.vote.secret):
        if (
            cast + vote.invalid + vote.other != vote.returned
            or not vote.returned <= vote.issued <= voting + vote.proxies
        ):
            raise BadVote(f"{cast + vote.invalid + vote.other} of {vote.returned} returned of {vote.issued} issued")
    elif cast > voting:
        raise BadVote(f"{cast} of {voting}")


def body_of(record: Record, step: Step, said: acts.Sitting) -> BodyRule | None:
    """The body that met, where the step asks for one and this is a right one."""
    return record.rules.bodies.get(said.body or "") if serves(record, step, said.body) else None


def serves(record: Record, step: Step, key: str | None) -> bool:
    """Whether a body is a right one for the step."""
    body = record.rules.bodies.get(key or "")
    return body is not None and any(
        word == body.key or (record.body if word == "matter" else word) in body.serves for word in step.bodies
    )


def elected_nobody(record: Record, step: Step, sitting: Sitting) -> bool:
    """Its first round was valid, and a second one follows."""
    firsts = tuple(vote for vote in sitting.votes if vote.round == 1)
    return (
        step.vote is not None
        and step.vote.second is not None
        and bool(firsts)
        and comes_to(record, step, replace(sitting, votes=firsts)) == "rejected"
    )


def comes_to(record: Record, step: Step, sitting: Sitting) -> Result | None:
    """None: a vote is due and there is none yet."""
    if sitting.version < record.material:
        return "void"
    last = sitting.votes[-1] if sitting.votes else None
    for rule, _ in (*opening_breaks(record, step, sitting.said), *vote_breaks(record, step, sitting.said, last)):
        return "void" if rule == "body" else "rejected" if rule == "majority" else "no_quorum"
    return None if step.vote is not None and last is None else "passed"


def opening_breaks(record: Record, step: Step, said: acts.Sitting) -> Iterator[Broken]:
    body = body_of(record, step, said)
    if step.bodies and body is None:
        yield "body", {"body": said.body or ""}
        return
    if step.bidders is not None and (said.bidders or 0) < step.bidders:
        yield "bidders", {"bidders": said.bidders or 0, "least": step.bidders}
    quorum = _quorum(body, step, said)
    if quorum is not None and not quorum.met(said.present, said.due):
        yield "quorum", {"present": said.present, "due": said.due}


def vote_breaks(record: Record, step: Step, said: acts.Sitting, vote: acts.Vote | None) -> Iterator[Broken]:
    if vote is None or step.vote is None:
        return
    body = body_of(record, step, said)
    quorum, came = _quorum(body, step, said), vote.present
    if step.vote.quorum_of_returned is not None:
        quorum, came = step.vote.quorum_of_returned, vote.returned
    if quorum is not None and not quorum.met(came, vote.due):
        yield "quorum", {"present": came, "due": vote.due}
    if step.vote.counts_only:
        return
    majority = step.vote.majority or (body.majority if body else None) or SIMPLE
    if vote.round == 2 and step.vote.second is not None:
        majority = step.vote.second
    in_favour = vote.in_favour + (vote.written_in_favour if step.vote.written else 0)
    base = {"present": vote.present - vote.recused, "returned": vote.returned}.get(majority.base, vote.due)
    if not majority.met(in_favour, base):
        yield "majority", {"in_favour": in_favour, "base": base}


def _quorum(body: BodyRule | None, step: Step, said: acts.Sitting) -> Share | None:
    if body is None or (step.vote is not None and step.vote.quorum_of_returned is not None):
        return None
    if said.way == "households" and body.quorum_of_households is not None:
        return body.quorum_of_households
    return body.quorum
