"""What people of a village and its town do to a decision record by their pages: each act as a person would, counted."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from ops.chaos.clock import Clock
from tests.browser import presses
from tests.browser.steps import archived, ask, press_end, until_encoded
from tests.fixtures_hub import RunningHub

DAY_S = 86_400
LATER = """((later) => {
  const Real = Date
  window.Date = new Proxy(Real, {
    construct: (real, given) => (given.length ? new real(...given) : new real(real.now() + later)),
    apply: (real) => new real(real.now() + later).toString(),
    get: (real, name) => (name === 'now' ? () => real.now() + later : Reflect.get(real, name)),
  })
})(%d)"""
HELD_FRAMES = 240  # a meeting of some ten seconds: what is missing before its first picture is a small part of it


@dataclass
class People:
    """Who stands at which page, and what each step cost them."""

    hub: RunningHub
    window: Callable[..., Page]
    clock: Clock
    at: dict[str, Page] = field(default_factory=dict)
    cost: list[tuple[str, str, int, int]] = field(default_factory=list)
    day: int = 0

    def page(self, role: str) -> Page:
        if role not in self.at:
            self.at[role] = self.window(self.hub.account(role))
            if self.day:  # pages reckon days by their own clock
                self.at[role].context.add_init_script(LATER % (self.day * DAY_S * 1000))
        return self.at[role]

    def days(self, count: int) -> None:
        """Later, everybody signs in again."""
        for page in self.at.values():
            page.close()
        self.at.clear()
        self.day += count
        self.clock.step(self.day * DAY_S)

    @contextmanager
    def counted(self, step: str, role: str) -> Iterator[Page]:
        page = self.page(role)
        presses.begin(page)
        yield page
        cost = presses.effort(page)
        self.cost.append((step, role, cost.pressed, cost.typed))

    def table(self) -> str:
        sums = [sum(each[at] for each in self.cost) for at in (2, 3)]
        rows = [*self.cost, ("together", "", *sums)]
        return "\n".join(
            f"  {step:24} {role:10} {pressed:3} pressed {typed:4} typed" for step, role, pressed, typed in rows
        )


def standing(people: People, record: str) -> dict[str, Any]:
    found: dict[str, Any] = ask(people.page("secretary"), f"/api/decisions/{record}")["standing"]
    return found


def states(people: People, record: str) -> dict[str, str]:
    return {step["key"]: step["state"] for step in standing(people, record)["steps"]}


def begins(people: People, matter: str, title: str) -> str:
    """From the first page: what of, by which name; the record's id."""
    with people.counted("登记", "secretary") as page:
        page.goto("/")
        page.click("[data-press=new-decision]")
        page.select_option("#new-matter-of", value=matter)
        page.click("#new-title-of")
        page.keyboard.type(title)
        page.click("[form=new-decision]")
        page.wait_for_selector("[data-standing]")
    return page.url.rsplit("/", 1)[-1]


def plans(people: People, record: str, file: Path) -> None:
    with people.counted("方案", "secretary") as page:
        _at(page, record)
        page.set_input_files("[data-plan-file]", file)
        page.click("[form=plan-form]")
        page.wait_for_selector("[data-plan='1']")


def acts(people: People, record: str, role: str, act: str, step: str) -> None:
    """One act of the record by its own button, on the day that is offered."""
    with people.counted(f"{act} {step}", role) as page:
        _at(page, record)
        page.click(f"[data-standing] [data-act={act}] >> nth=0")
        page.click("[form=act-form]")
        page.wait_for_selector("#act-form", state="hidden")


def reviews(people: People, record: str) -> None:
    """The village asks, the town answers from its desk."""
    acts(people, record, "secretary", "ask", "review")
    with people.counted("opinion review", "reviewer") as page:
        page.goto("/desk")
        page.click(f"[data-due=opinion][data-of='{record}'] a")
        page.click("[form=act-form]")
        page.wait_for_selector("#act-form", state="hidden")
    assert states(people, record)["review"] == "done"


def meets(
    people: People, record: str, step: str, kind: str | None = None, votes: tuple[int, int, int] | None = None,
    counts: tuple[int, int] | None = None, bidders: int | None = None, minuted: bool = False,
) -> str:  # fmt: skip
    """A recorded meeting from the record's own button to its sealed recording; the meeting's id. `counts`: due and
    present, where the body has no roster. `minuted`: the minute taker types the figures."""
    with people.counted(f"会议 {step}", "secretary") as page:
        _at(page, record)
        page.click("[data-standing] >> text=安排会议")
        page.wait_for_selector(f"[data-waiting='{record}'] button[aria-pressed=true]")
        if kind is not None and page.locator(f"input[name=kind][value={kind}]").count():
            page.check(f"input[name=kind][value={kind}]", force=True)
            page.wait_for_selector(f"[data-waiting='{record}'] button[aria-pressed=true]")
        page.click("button[type=submit]")
        page.click("[data-press=enter]")
        page.wait_for_selector("[data-rec].on")
        until_encoded(page, 1)
        meeting = page.url.rsplit("/", 1)[-1]
        page.click("#tab-people")
        page.wait_for_selector(".roster input")
        if page.locator("text=全部到会").count():
            page.click("text=全部到会")
            page.wait_for_selector("text=全部到会", state="detached")
        # Of a branch they are members, and ticked already.
        if page.locator("[data-supervisors] input").count():
            page.check("[data-supervisors] input >> nth=0")
        page.click("#tab-agenda")
        page.click("[data-press=item-start]")
        page.wait_for_selector("[data-press=item-end]")
        if bidders is not None:
            page.click("[data-bids] input")
            page.keyboard.type(str(bidders))
            page.click("[data-bids] button")
            page.wait_for_selector("[data-bids]", state="detached")
        if votes is not None and not minuted:
            _votes(page, votes, counts)
    if votes is not None and minuted:
        with people.counted(f"计票 {step}", "minutes") as minutes:
            minutes.goto(f"/meetings/{meeting}")
            minutes.click("[data-press=enter]")
            minutes.wait_for_selector("[data-press=item-end]")
            _votes(minutes, votes, counts)
        minutes.close()
        del people.at["minutes"]
    with people.counted(f"结束议题 {step}", "secretary") as page:
        until_encoded(page, HELD_FRAMES)
        page.click("[data-press=item-end]")
        page.wait_for_selector("[data-press=item-end]", state="detached")
    with people.counted(f"监督确认 {step}", "supervisor") as supervisor:
        supervisor.goto(f"/meetings/{meeting}")
        supervisor.click("[data-press=enter]")
        supervisor.click("[data-press=confirm]")
        supervisor.wait_for_selector("[data-confirmed]")
    supervisor.close()
    del people.at["supervisor"]
    with people.counted(f"散会 {step}", "secretary") as page:
        press_end(page)
    archived(page, meeting)
    page.wait_for_function(
        """async ([record, meeting]) => {
          const answer = await (await fetch('/api/decisions/' + record)).json()
          return answer.entries.some((one) => one.kind === 'sealed' && JSON.stringify(one).length > 0)
            && !answer.standing.next.some((one) => one.act === 'sealed')
        }""",
        arg=[record, meeting],
    )
    return meeting


def _votes(page: Page, votes: tuple[int, int, int], counts: tuple[int, int] | None) -> None:
    page.click("[data-press=vote]")
    page.wait_for_selector("[data-vote] input[name=in_favour]:focus")
    page.keyboard.type(str(votes[0]))
    for name, figure in (("against", votes[1]), ("abstained", votes[2])):
        page.click(f"input[name={name}]")
        page.keyboard.type(str(figure))
    if counts is not None:
        for name, figure in zip(("due", "present"), counts, strict=True):
            page.click(f"#vote-{name}")
            page.keyboard.type(str(figure))
    page.click("[data-press=vote-record]")
    page.wait_for_selector("[data-vote]", state="detached")


def posts(people: People, record: str, step: str, fields: dict[str, str]) -> str:
    """Put up by its form, ticked by the supervisor; the notice's id."""
    with people.counted(f"公示 {step}", "secretary") as page:
        _at(page, record)
        page.click("[data-standing] [data-act=post]")
        page.wait_for_selector("[data-posting]")
        for key, text in fields.items():
            if not page.input_value(f"#posting-{key}"):
                page.click(f"#posting-{key}")
                if key.endswith(("_on", "until")):
                    page.fill(f"#posting-{key}", text)
                else:
                    page.keyboard.type(text)
        page.click("[form=posting-form]")
        page.wait_for_selector("[data-posting]", state="detached")
        page.wait_for_selector(".posted[data-state=hangs]")
    notice = page.locator(".posted[data-state=hangs]").first.get_attribute("data-notice") or ""
    with people.counted(f"张贴核对 {step}", "supervisor") as supervisor:
        _at(supervisor, record)
        supervisor.click(f"[data-notice='{notice}'] [data-press=seen]")
        supervisor.wait_for_selector(".ticks li")
    return notice


def takes_down(people: People, record: str, step: str) -> None:
    with people.counted(f"撤下 {step}", "secretary") as page:
        _at(page, record)
        page.click(".posted[data-state=full] [data-press=off]")
        page.click("[form=off-form]")
        page.wait_for_selector(".posted[data-state=full]", state="detached")


def _at(page: Page, record: str) -> None:
    """Anew each time: others have acted meanwhile."""
    page.goto(f"/decisions/{record}")
    page.wait_for_selector("[data-standing]")
