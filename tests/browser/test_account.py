"""The account page: a second factor is set up and asked for at the door; another device is ended from this one."""

import base64
import time

import pytest
from playwright.sync_api import Page, expect

from api.domain.totp import code_at, step_of
from tests.browser.conftest import Window
from tests.fixtures_hub import Account, RunningHub

pytestmark = pytest.mark.browser


def code_of(page_secret: str, after: int = 0) -> tuple[str, int]:
    """What an authenticator app would show, of a later step than the last one."""
    step = max(after + 1, step_of(int(time.time())))
    return code_at(base64.b32decode(page_secret.replace(" ", "")), step), step


def at_the_second_step(page: Page, account: Account) -> None:
    page.fill("#username", account.username)
    page.fill("#password", account.password)
    page.click("button[type=submit]")
    page.wait_for_selector("#second")


def test_a_second_factor_is_set_up_and_asked_for(hub: RunningHub, window: Window) -> None:
    account = hub.account("inspector")
    page = window(account)
    page.click("a[href='/account']")
    page.click("[data-begin]")
    page.fill("#factor-password", account.password)
    page.keyboard.press("Enter")
    page.wait_for_selector("img[src^='data:image/svg']")
    secret = page.inner_text("[data-secret]")
    code, step = code_of(secret)
    page.fill("#factor-code", code)
    page.click("[data-confirm]")
    page.wait_for_selector("[data-recovery]")
    recovery = page.locator("[data-recovery] code").all_inner_texts()
    assert len(set(recovery)) == 10
    page.click("[data-kept]")
    page.wait_for_selector("[data-factor] >> text=已开通")
    expect(page.locator("[data-recovery]"), "they are shown once").to_have_count(0)

    phone = window(width=360, height=740)
    at_the_second_step(phone, account)
    field = phone.locator("#second")
    assert (field.get_attribute("inputmode"), field.get_attribute("autocomplete")) == ("numeric", "one-time-code")
    expect(phone.locator("#password"), "one thing is asked at a time").to_have_count(0)
    phone.fill("#second", "000000")
    phone.keyboard.press("Enter")
    phone.wait_for_selector("[role=alert] >> text=动态码不正确")
    phone.fill("#second", code_of(secret, step)[0])
    phone.keyboard.press("Enter")
    phone.wait_for_url(hub.url + "/")

    other = window()
    at_the_second_step(other, account)
    other.click("text=用恢复码")
    assert other.locator("#second").get_attribute("inputmode") == "text"
    other.fill("#second", recovery[0])
    other.keyboard.press("Enter")
    other.wait_for_url(hub.url + "/")

    # From here the two others are seen, and ended; they notice at their next step.
    page.goto("/account")
    devices = page.locator("[data-sign-ins] li")
    devices.nth(2).wait_for()
    expect(page.locator("[data-sign-ins] li[data-own]")).to_have_count(1)
    page.click("[data-end-others]")
    page.wait_for_selector("text=其他设备都已退出")
    phone.goto("/recordings")
    phone.wait_for_selector("#username")
    expect(devices).to_have_count(1)

    # Taken off with the password and a code, so that the next one here signs in as before.
    page.click("text=关闭二次验证")
    page.fill("#factor-password", account.password)
    page.click("text=用恢复码")
    page.fill("#factor-code", recovery[1])
    page.click("[data-factor] button[type=submit]")
    page.wait_for_selector("[data-factor] >> text=未开通")


def test_the_account_page_has_no_fault(window: Window, hub: RunningHub, axe: str) -> None:
    page = window(hub.account("secretary"), width=360, height=740)
    page.goto("/account")
    page.wait_for_selector("[data-sign-ins] li")
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']}).then((r) => r.violations.map((v) => v.id))")
    assert found == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing is wider than the telephone"


def test_a_colleague_acts_in_ones_place_and_ends_it(hub: RunningHub, window: Window) -> None:
    giver, substitute = hub.account("secretary"), hub.account("minutes")
    page = window(giver)
    page.goto("/account")
    page.click("[data-ask]")
    page.wait_for_selector(f"#sub-who option[value={substitute.username}]", state="attached")
    page.select_option("#sub-who", substitute.username)
    page.fill("#sub-reason", "到县里学习")
    page.click("[data-appoint]")
    page.wait_for_selector("[data-substitutes] li >> text=代理中")

    other = window(substitute)
    other.wait_for_selector("[data-standing-in] >> text=村书记")
    other.wait_for_selector("[data-press=begin]")  # what only the secretary's right offers
    other.goto("/account")
    other.click("[data-substitutes] [data-end]")
    other.wait_for_selector("text=代理已结束")
    expect(other.locator("[data-standing-in]")).to_have_count(0)
    page.reload()
    page.wait_for_selector("[data-ask]")
    expect(page.locator("[data-substitutes] li")).to_have_count(0)
