"""A sitting comes as a meeting, called, ticked, opened and ended, and its seal as what its recording shows."""

from datetime import date, timedelta

from tests.api.against_model.county import SIZES
from tests.api.against_model.played import KINDS, Played, called, ended, opened, recorded
from tests.api.against_model.serving import passes_over, plan_of, step_of
from tests.api.against_model.stage import Stage
from tests.api.against_model.votes import take_vote
from tests.api.against_model.walk import Walk
from tests.model import tables
from tests.model.forms import Act
from tests.model.tables import Step


async def call(stage: Stage, walk: Walk, act: Act) -> None:
    step = walk.model.step(act.get("step", "")) if isinstance(act.get("step"), str) else None
    body = act.get("body")
    if body is None:
        body = "representatives" if step is not None and step.key == "appraisal" else "two_committees"
    if body not in KINDS:
        stage.told.not_sent["sitting of no body"] += 1
        return
    days: int | None = None
    try:
        days = (date.fromisoformat(act["on"]) - date.fromisoformat(act["called_on"])).days
    except (KeyError, TypeError, ValueError):
        days = None
    if days is not None and (days < 0 or (body not in tables.NOTICE_DAYS and stage.random.randrange(3))):
        days = 0
    who = stage.people.running(walk.model.matter, "shuji", "huiwu", "admin")
    client = await stage.people.as_(who)
    played = await called(client, stage.village, walk.id, body, stage.calendar.today, days, stage.random)
    walk.planned = played
    walk.draw.today = stage.calendar.today + timedelta(days=days or 0)
    walk.meetings[played.id] = played
    await stage.agree(walk, by=who)


async def hold(stage: Stage, walk: Walk) -> None:
    """The meeting that was planned for this day opens, and its item begins."""
    assert walk.planned is not None
    played, walk.planned = walk.planned, None
    random, model = stage.random, walk.model
    chair = stage.people.running(model.matter, "shuji", "huiwu", "admin")
    client = await stage.people.as_(chair)
    share = tables.BODIES[played.body][0]
    share = tables.OF_HOUSEHOLDS[played.body] if played.way == "households" else share
    size = SIZES["households" if played.way == "households" else played.body]
    present = 0 if random.randrange(6) == 0 else walk.draw._about(share, size)
    answer = await opened(played, client, stage.calendar, present, stage.committee)
    assert played.due == size
    step = step_of(model, played, False)
    if step is not None and passes_over(model, played, step):
        step = None
    if step is not None and step.key == "opening":
        assert answer.status_code < 300, answer.text
        await stage.agree(walk, by=chair)
        await _bids(stage, walk, played, step)
        return
    if step is None or not played.present:
        assert answer.status_code < 300, answer.text
        stage.told.not_sent["nobody was counted at the opening"] += 1
        await stage.agree(walk, by=chair)
        await take_vote(stage, walk, played, None)
        return
    wish = played.sitting(step.key, plan_of(model, played), played.due, played.present)
    if stage.came(walk, wish, {model.refusal(wish)}, answer, chair.username):
        stage.take(walk, wish, chair.who)
    await stage.agree(walk, by=chair)


async def _bids(stage: Stage, walk: Walk, played: Played, step: Step) -> None:
    """How many bid begins the sitting; now and then nobody says it, and the meeting's end does."""
    if stage.random.randrange(6) == 0:
        stage.told.not_sent["how many bid"] += 1
        return
    count = stage.random.choice((3, 3, 4, 2))
    wish = played.sitting(step.key, plan_of(walk.model, played), played.due, played.present, count)
    who = stage.people.running(walk.model.matter, "shuji", "jilu", "admin")
    answer = await (await stage.people.as_(who)).post(f"{played.item_url}/bids", json={"bidders": count})
    if stage.came(walk, wish, {walk.model.refusal(wish)}, answer, who.username):
        stage.take(walk, wish, who.who)
    await stage.agree(walk, by=who)


async def in_meeting(stage: Stage, walk: Walk, act: Act) -> None:
    """A vote or a seal was drawn: in a meeting that runs it is taken, or the meeting ends."""
    random, played = stage.random, walk.meetings.get(str(act.get("meeting")))
    if played is None or not played.running:
        running = [each for each in walk.meetings.values() if each.running]
        step = walk.model.step(str(act.get("step")))
        stage.told.not_sent[f"{act['act']} of a meeting that isn't running: of another, or one is called"] += 1
        if running:
            await in_meeting(stage, walk, act | {"meeting": random.choice(running).id})
        elif act["act"] == "vote" and step is not None and step.kind == "sitting":
            await call(stage, walk, walk.draw._sitting(step))
        return
    sitting = next((each for each in walk.model.sittings if each.meeting == played.id), None)
    unvoted = sitting is not None and sitting.step.vote and not sitting.votes
    if act["act"] == "vote":
        await take_vote(stage, walk, played, act)
    elif unvoted and random.randrange(6):
        await take_vote(stage, walk, played, None)
    else:
        await finish(stage, walk, played)


async def finish(stage: Stage, walk: Walk, played: Played) -> None:
    """The meeting ends, its recording is closed, what it shows comes onto the record."""
    who = stage.people.running(walk.model.matter, "shuji", "huiwu", "admin")
    chair = await stage.people.as_(who)
    confirming = [name for name in ("jiandu", "shenhe") if stage.people.named(name) is not walk.creator]
    supervisor = await stage.people.as_(stage.people.named(stage.random.choice(confirming)))
    await ended(played, chair, supervisor, stage.calendar, started=True)
    await recorded(played, stage.hub.database, stage.signer)
    await stage.hub.house.watches.seal()
    model = walk.model
    if (
        not any(each.meeting == played.id for each in model.sittings)
        and (step := step_of(model, played, False)) is not None
        and not passes_over(model, played, step)
    ):
        _seen(stage, walk, played.sitting(step.key, plan_of(model, played), played.due, 0))
    for step in model.steps:
        sitting = model.sitting(step.key, played.id)
        if sitting is not None and sitting.sealed is None:
            _seen(stage, walk, played.sealed(step.key, len(sitting.votes)))
    await stage.agree(walk, by=who)


def _seen(stage: Stage, walk: Walk, act: Act) -> None:
    """Nobody said it."""
    stage.take(walk, act, None)
    walk.acts.append(act)
    stage.told.count(act["act"], None)
