"""What all of a trial shares: the hub with its clock, the people, chance, and what is told of it."""

from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx

from storage.keys import Signer
from tests.api.against_model.county import Somebody
from tests.api.against_model.people import People
from tests.api.against_model.played import ok
from tests.api.against_model.telling import Disagreement, Telling
from tests.api.against_model.walk import Walk
from tests.api.conftest import Hub
from tests.api.year import Calendar
from tests.model.acts import PEOPLE
from tests.model.forms import Act

FORM = "request.invalid"  # what the interface says of a form that is no act's


@dataclass(frozen=True)
class Stage:
    hub: Hub
    calendar: Calendar
    people: People
    village: str
    persons: list[str]  # of the village, in the place of the model's
    committee: set[str]  # who supervises there
    random: Random
    signer: Signer
    walks: list[Walk] = field(default_factory=list)  # every record that began
    told: Telling = field(default_factory=Telling)

    async def agree(self, walk: Walk, view: dict[str, Any] | None = None, by: Somebody | None = None) -> None:
        """Raises Disagreement. Without a view somebody looks at the record: who did something, or the secretary."""
        if view is None:
            looks = by if by is not None and by.may("look", walk.model.matter) else self.people.named("shuji")
            view = await ok(await (await self.people.as_(looks)).get(walk.url))
        assert view is not None
        self.told.compare(walk, view, self.calendar.today)

    def came(self, walk: Walk, act: Act, allowed: set[str | None], answer: httpx.Response, who: str) -> bool:
        return self.told.came(walk, act, allowed, answer, who)

    def take(self, walk: Walk, act: Act, who: str | None) -> None:
        """What the hub took, or read from a recording, the model takes as well. Raises Disagreement."""
        code = walk.model.act(act)
        if code is not None:
            raise Disagreement("\n".join([walk.url, f"hub took it, model {code}", *map(str, [*walk.acts, act])]))
        walk.took(act, who)

    def known(self, act: Act) -> Act:
        """With the village's own people in the place of the model's."""
        person = act.get("person")
        return act | {"person": self.persons[PEOPLE.index(person)]} if person in PEOPLE else dict(act)
