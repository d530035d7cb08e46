"""A vote is typed in a meeting that runs; where nobody was counted before, its figures begin the sitting."""

import copy

from tests.api.against_model.county import RESTRICTED
from tests.api.against_model.played import Played, meeting_now_ns
from tests.api.against_model.serving import passes_over, plan_of, step_of
from tests.api.against_model.stage import FORM, Stage
from tests.api.against_model.walk import Walk
from tests.model import tables
from tests.model.forms import Act, wrong
from tests.model.record import Record
from tests.model.tables import Step
from tests.model.told import vote

FIGURES = ("recused", "issued", "returned", "invalid", "other", "in_favour", "against", "abstained",
           "written_in_favour", "round", "proxies", "proxies_most", "proxies_of_candidates")  # fmt: skip
MAY_NOT = ("shenhe", "jiandu", "ducha", "dangyuan", "waishuji", "anquan")


async def take_vote(stage: Stage, walk: Walk, played: Played, act: Act | None) -> None:
    """`act` gives the figures; drawn here where the count of the vote is the first one."""
    random, model = stage.random, copy.deepcopy(walk.model)
    step = step_of(model, played, True)
    allowed: set[str | None] = {None}
    asked: list[Act] = []
    if step is None or passes_over(model, played, step):
        allowed, figures = {"vote.no-decision"}, vote("", "", 5, 5, (5, 0, 0))
    else:
        if model.sitting(step.key, played.id) is None:
            due = random.choice((4, 6, 9, 12, 30, 31))
            present = walk.draw._about(tables.BODIES[played.body][0], due)
            asked.append(played.sitting(step.key, plan_of(model, played), due, present))
        figures = dict(act) if act is not None else _figures(walk, model, step, played, asked)
        if asked:
            asked[0] |= {"due": figures.get("due"), "present": figures.get("present")}
    if wrong(figures | {"step": "x", "meeting": "x"}):
        stage.told.not_sent["a vote without its figures"] += 1
        return
    sent = {name: figures[name] for name in ("way", "due", "present", *FIGURES) if figures.get(name) is not None}
    if played.present and random.randrange(6) == 0:
        del sent["due"], sent["present"]
        figures |= {"due": played.due, "present": played.present}
        for each in asked:
            each |= {"due": played.due, "present": played.present}
    who = stage.people.named(random.choice(_minute_takers(walk)))
    if step is not None and allowed == {None}:
        asked.append(_counted(step, played, figures))
        for each in asked:
            each["due"] = max(1, each["due"]) if each["act"] == "sitting" else each["due"]
            if (refused := model.act(each)) is not None:
                allowed = {refused}
                break
    if any(value < 0 for name, value in sent.items() if name != "way"):
        allowed = {FORM}
    stage.calendar.wait(1)
    if random.randrange(8) == 0:
        who = stage.people.named(random.choice(MAY_NOT))
        allowed = {"right.missing", "api.not-found"} | ({FORM} if allowed == {FORM} else set())
    answer = await (await stage.people.as_(who)).post(f"{played.item_url}/votes", json=sent)
    said = asked[-1] if asked else {"act": "vote", "meeting": played.id}
    if stage.came(walk, said, allowed, answer, who.username):
        played.voted_ns.append(await meeting_now_ns(played, stage.hub.database))
        for each in asked:
            stage.take(walk, each, who.who)
            if each["act"] == "sitting":
                stage.told.count("sitting", None)
    await stage.agree(walk, by=who)


def _minute_takers(walk: Walk) -> tuple[str, ...]:
    return ("shuji", "jilu") if walk.model.matter in RESTRICTED else ("shuji", "jilu", "admin")


def _counted(step: Step, played: Played, figures: Act) -> Act:
    """As it comes onto the record: what is left out of ballots follows from the others, of hands there are none."""
    counted = {name: figures.get(name) or 0 for name in FIGURES}
    counted["round"] = figures.get("round") or 1
    if figures["way"] == "secret" or step.secret:
        given = sum(counted[name] for name in ("in_favour", "against", "abstained", "invalid", "other"))
        counted["returned"] = given if figures.get("returned") is None else counted["returned"]
        counted["issued"] = counted["returned"] if figures.get("issued") is None else counted["issued"]
    else:
        counted |= {"issued": 0, "returned": 0, "invalid": 0, "other": 0}
    return {
        "act": "vote", "step": step.key, "meeting": played.id, "way": figures["way"], "due": figures["due"],
        "present": figures["present"], **counted, "supervisor_present": played.supervised,
    }  # fmt: skip


def _figures(walk: Walk, model: Record, step: Step, played: Played, asked: list[Act]) -> Act:
    """Drawn as for a sitting that is there."""
    trying = copy.deepcopy(model)
    if not asked and trying.sitting(step.key, played.id) is None:
        return vote(step.key, played.id, 5, 5, (5, 0, 0))
    for each in asked:
        if trying.act(each) is not None:
            return vote(step.key, asked[0]["meeting"], 5, 5, (5, 0, 0))
    # Its figures are drawn for this meeting's sitting, not for another one in the step.
    trying.sittings = [each for each in trying.sittings if each.meeting == played.id or each.step != step]
    walk.draw.record = trying
    try:
        return walk.draw._vote(step)
    finally:
        walk.draw.record = walk.model
