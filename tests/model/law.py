"""The law: what a sitting comes to by its body, its quorum and its vote, and which figures cannot be true."""

from tests.model import tables
from tests.model.forms import Act
from tests.model.tables import Share, Step

FIGURES = (
    "due", "present", "recused", "issued", "returned", "invalid", "other",
    "in_favour", "against", "abstained", "written_in_favour", "proxies", "proxies_most", "proxies_of_candidates",
)  # fmt: skip


def figures(vote: Act) -> dict[str, int]:
    return {name: vote.get(name) or 0 for name in FIGURES}


def base(share: Share, one: dict[str, int]) -> int:
    """Who is recused stays in the quorum and out of the vote (DOMAIN, Votes)."""
    return one["present"] - one["recused"] if share.base == "present" else one[share.base]


def sums_wrong(step: Step, vote: Act) -> bool:
    one = figures(vote)
    may_vote = one["present"] - one["recused"]
    said = one["in_favour"] + one["against"] + one["abstained"]
    right = min(one.values()) >= 0 and one["due"] >= 1 and one["present"] <= one["due"]
    right = right and one["written_in_favour"] <= one["due"] - one["present"]
    # An absent voter's ballot is handed in by another, and issued to that one.
    proxies, most = one["proxies"], one["proxies_most"]
    right = right and proxies <= (one["due"] - one["present"] if step.proxies else 0)
    right = right and max(most, one["proxies_of_candidates"]) <= proxies and (most > 0) == (proxies > 0)
    if step.secret or vote["way"] == "secret":
        right = right and said + one["invalid"] + one["other"] == one["returned"] <= one["issued"] <= may_vote + proxies
    else:
        right = right and said <= may_vote
    return not right


def comes_to(procedure: str, body: str | None, step: Step, sitting: Act, votes: list[Act]) -> str | None:
    """void | no_quorum | rejected | passed, or None where the vote is still due."""
    bodies = tables.SERVES[body or ""] if step.bodies == "matter" else step.bodies
    if bodies and sitting.get("body") not in bodies:
        return "void"
    if step.key == "opening":
        return "passed" if sitting["bidders"] >= tables.BIDDERS_AT_LEAST else "no_quorum"
    quorum, majority = tables.BODIES[sitting["body"]] if bodies else tables.MEETING_OF_NO_BODY
    if bodies and sitting.get("way") == "households":
        quorum = tables.OF_HOUSEHOLDS.get(sitting["body"], quorum)
    election = (procedure, step.key) in tables.ELECTED
    # Quorum is counted at the opening and at each vote; in an election only by the ballots.
    if not election and quorum is not None and not quorum.met(sitting["present"], sitting["due"]):
        return "no_quorum"
    if not step.vote:
        return "passed"
    if not votes:
        return None
    vote = figures(votes[-1])
    if election:
        quorum, majority = tables.ELECTION
        majority = tables.SECOND_ROUND if votes[-1].get("round") == 2 else majority
    if quorum is not None and not quorum.met(vote["returned" if election else "present"], vote["due"]):
        return "no_quorum"
    if (procedure, step.key) in tables.COUNT_ONLY:
        return "passed"
    in_favour = vote["in_favour"]
    if (procedure, step.key) in tables.WRITTEN_OPINIONS_COUNT:
        in_favour += vote["written_in_favour"]
    return "passed" if majority.met(in_favour, base(majority, vote)) else "rejected"
