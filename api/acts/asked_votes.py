"""How an item is to be voted on, by the step that its part of the meeting takes up: what the vote's form asks for, and
whether the camera has to turn away from who writes."""

from sqlalchemy.ext.asyncio import AsyncSession

from api.acts.parts import Part
from api.acts.sittings import records_of, votes_in, would_vote_in
from api.records.meetings import VotingView
from storage.tables import AgendaItem


async def voting_of(session: AsyncSession, part: Part, item: AgendaItem) -> VotingView | None:
    """None where no step with a vote waits for it. Of several records one whose vote is secret stands for all."""
    steps = [await votes_in(session, row, part) for row in await records_of(session, item)]
    if not steps and item.matter is not None:
        steps = [would_vote_in(item.matter, part)]
    votes = [step.vote for step in steps if step is not None and step.vote is not None]
    vote = next((each for each in votes if each.secret), votes[0] if votes else None)
    if vote is None:
        return None
    return VotingView(secret=vote.secret, election=vote.proxies, written=vote.written)
