"""Real networks around a real page: another address in mid-meeting, UDP shut, IPv6 alone, nothing but a TURN server."""

import secrets
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright

from tests.browser.conftest import FLAGS, at_the_door, chromium_path, sign_in
from tests.browser.network import HUB, HUB6, TURN, Network, made
from tests.browser.steps import begin_meeting, figures, press_end, until, until_seen
from tests.fixtures_hub import RunningHub, started_hub

pytestmark = pytest.mark.browser

# Pictures a second: it's the ways that are looked at.
FEW = "--use-fake-device-for-media-stream=fps=5"
# When the page asked for new ways, and when it showed another picture of somebody else.
NOTES = """
const notes = window.notes = {asked: [], answered: [], shown: []}
const {createOffer, setRemoteDescription} = RTCPeerConnection.prototype
RTCPeerConnection.prototype.createOffer = function (about) {
  if (about?.iceRestart) notes.asked.push(Date.now())
  return createOffer.apply(this, arguments)
}
RTCPeerConnection.prototype.setRemoteDescription = function (about) {
  notes.answered.push(Date.now())
  return setRemoteDescription.apply(this, arguments)
}
let before = 0
setInterval(async () => {
  const slots = (await window.huilu?.stats())?.slots ?? []
  const frames = slots.reduce((all, slot) => all + slot.framesDecoded, 0)
  if (frames > before) notes.shown.push(Date.now())
  before = frames
}, 50)
"""
ONLY_TURN = """
const Plain = window.RTCPeerConnection
window.RTCPeerConnection = function (about) { return new Plain({...about, iceTransportPolicy: 'relay'}) }
window.RTCPeerConnection.prototype = Plain.prototype
"""


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    with made() as network:
        yield network


@pytest.fixture(scope="module")
def secret(network: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Shared with a coturn that runs."""
    secret = secrets.token_hex(16)
    folder = tmp_path_factory.mktemp("turn")
    options = [
        "-n", "--no-cli", "--no-tls", "--no-dtls", "--log-file=stdout", f"--listening-ip={TURN}", f"--relay-ip={TURN}",
        "--realm=huilu.test", "--use-auth-secret", f"--static-auth-secret={secret}", f"--pidfile={folder / 'pid'}",
    ]  # fmt: skip
    with open(folder / "log", "wb") as log:
        server = subprocess.Popen(
            [*network.inside(network.hub), "turnserver", *options], cwd=folder, stdout=log, stderr=log
        )
    yield secret
    server.terminate()
    server.wait(10)


@pytest.fixture(scope="module")
def hub(network: Network, secret: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    with started_hub(
        tmp_path_factory.mktemp("hub") / "data", "--demo", "--media-address", f"{HUB},{HUB6}",
        "--turn-urls", f"turn:{TURN}:3478?transport=udp",
        environment={"HUILU_TURN_SECRET": secret}, inside=network.inside(network.hub),
    ) as running:  # fmt: skip
        running.url = f"https://{HUB}:{running.url.rpartition(':')[2]}"
        yield running


@pytest.fixture(scope="module")
def browser(playwright: Playwright, network: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    there = network.wrapped(chromium_path(), tmp_path_factory.mktemp("browser"))
    chromium = playwright.chromium.launch(executable_path=there, args=[*FLAGS, FEW])
    yield chromium
    chromium.close()


Enter = Callable[..., Page]


@pytest.fixture
def enter(browser: Browser, hub: RunningHub) -> Iterator[Enter]:
    contexts = []

    def open_window(role: str, address: str = HUB, script: str = "") -> Page:
        hub.url = f"https://{address}:{hub.url.rpartition(':')[2]}"
        context = browser.new_context(base_url=hub.url, ignore_https_errors=True)
        context.add_init_script(script)
        contexts.append(context)
        page = at_the_door(context)
        sign_in(page, hub, hub.account(role))
        return page

    yield open_window
    for context in contexts:
        context.close()


@pytest.fixture(autouse=True)
def as_it_was(network: Network) -> Iterator[None]:
    yield
    network.shut()
    network.down("cell")
    network.up("wifi")


def way(page: Page) -> dict[str, Any]:
    """The page sends, the relay takes it, and this is how it gets there."""
    meeting = page.url.rsplit("/", 1)[-1]
    until(
        page,
        """async (id) => {
          const now = await window.huilu.stats()
          if (now?.phase !== 'connected' || !now.way) return false
          const {people} = await (await fetch('/api/meetings/' + id)).json()
          return people.some((one) => one.publisher === now.publisher && one.publishing.includes('camera'))
        }""",
        meeting,
    )
    found: dict[str, Any] = figures(page)["way"]
    return found


def told(name: str, notes: dict[str, list[int]], broken: float) -> None:
    """Timings are printed and not asserted."""
    asked = next(at for at in notes["asked"] if at > broken)
    shown = next((at for at in notes["shown"] if at > asked), None)
    text = f"\n{name}: noticed after {(asked - broken) / 1000:.2f} s"
    answered = next((at for at in notes["answered"] if at > asked), None)
    if answered is not None:
        text += f", answered {(answered - asked) / 1000:.2f} s after that offer"
    if shown is not None:
        text += f", a picture {(shown - asked) / 1000:.2f} s after it, {(shown - broken) / 1000:.2f} s in all"
    asked_at = ", ".join(f"{(at - broken) / 1000:.2f}" for at in notes["asked"] if at > broken)
    print(f"{text}; offers at {asked_at} s")


def two_inside(enter: Enter) -> list[Page]:
    """Who chairs a meeting, and who is in it; each sees the other."""
    secretary = enter("secretary", script=NOTES)
    meeting = begin_meeting(secretary)
    organiser = enter("organiser", script=NOTES)
    organiser.goto(f"/meetings/{meeting}")
    organiser.click("[data-press=enter]")
    for page in (secretary, organiser):
        until_seen(page, 5)
    return [secretary, organiser]


def until_shown(page: Page) -> None:
    """A picture, and some more, after the newest offer."""
    until(
        page,
        """() => {
          const {asked, shown} = window.notes
          return asked.length > 0 && shown.filter((at) => at > asked.at(-1)).length > 5
        }""",
    )


def test_a_page_goes_from_wifi_to_4g_in_the_same_session(network: Network, enter: Enter) -> None:
    pages = two_inside(enter)
    sessions = [figures(page)["session"] for page in pages]
    network.down("wifi")
    broken = time.time() * 1000
    network.up("cell")
    for page in pages:
        until_shown(page)
    assert [figures(page)["session"] for page in pages] == sessions
    for page in pages:
        told("wifi to 4G", page.evaluate("window.notes"), broken)
        assert figures(page)["sessions"] == 1
    press_end(pages[0])


def test_udp_that_dies_unseen_gives_way_to_tcp(network: Network, enter: Enter) -> None:
    page = enter("secretary", script=NOTES)
    begin_meeting(page)
    assert way(page)["protocol"] == "udp"
    session = figures(page)["session"]
    network.shut("meta l4proto udp")  # the TURN server is out of reach with it
    broken = time.time() * 1000
    until(page, "async () => (await window.huilu.stats()).way?.protocol === 'tcp'")
    assert way(page)["protocol"] == "tcp"
    assert figures(page)["session"] == session
    told("UDP shut", page.evaluate("window.notes"), broken)
    page.reload()  # and who comes while it is shut
    page.wait_for_selector("[data-rec]")
    assert way(page)["protocol"] == "tcp"
    press_end(page)


@pytest.mark.parametrize("dead", ["there", "back"])
def test_a_way_dead_in_one_direction_gives_way_to_another(network: Network, enter: Enter, dead: str) -> None:
    """Page to relay, or relay to page: the other direction goes on as if nothing were."""
    pages = two_inside(enter)
    before = [way(page) for page in pages]
    sessions = [figures(page)["session"] for page in pages]
    end = {"there": "daddr", "back": "saddr"}[dead]
    address = before[0]["address"]
    assert [each["address"] for each in before] == [address, address]
    network.shut(f"{'ip6' if ':' in address else 'ip'} {end} {address} meta l4proto udp")
    broken = time.time() * 1000
    for page in pages:
        until_shown(page)
    for page in pages:
        told(f"dead {dead}", page.evaluate("window.notes"), broken)
        assert way(page) not in before
        assert figures(page)["sessions"] == 1
    assert [figures(page)["session"] for page in pages] == sessions
    press_end(pages[0])


def test_ipv6_alone_is_enough(network: Network, enter: Enter) -> None:
    network.lose_ipv4("wifi")
    page = enter("secretary", f"[{HUB6}]")
    begin_meeting(page)
    assert way(page) == {"protocol": "udp", "address": HUB6, "relayed": False}
    press_end(page)


@pytest.mark.parametrize("shut", [False, True], ids=["by choice", "nothing else is open"])
def test_a_turn_server_is_enough(network: Network, enter: Enter, hub: RunningHub, shut: bool) -> None:
    if shut:
        port = hub.start.media_port
        network.shut(f"udp dport {port}", f"tcp dport {port}")
    page = enter("secretary", script="" if shut else ONLY_TURN)
    begin_meeting(page)
    assert way(page) == {"protocol": "udp", "address": HUB, "relayed": True}
    press_end(page)
