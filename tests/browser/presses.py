"""Counts what a person does: presses of a button or the like, and characters typed. Choosing from a list is two."""

from dataclasses import dataclass

from playwright.sync_api import Page

COUNTER = """
(() => {
  const read = (name) => Number(sessionStorage.getItem('presses.' + name) || 0)
  const add = (name, by) => sessionStorage.setItem('presses.' + name, String(read(name) + by))
  document.addEventListener('pointerdown', (event) => event.isTrusted && add('pressed', 1), true)
  document.addEventListener('keydown', (event) => event.isTrusted && event.key.length > 1 && add('pressed', 1), true)
  // What comes from an input method has no key of its own.
  document.addEventListener('input', (event) => event.isTrusted && add('typed', (event.data || '').length), true)
  document.addEventListener('change', (event) => event.target.tagName === 'SELECT' && add('pressed', 2), true)
})()
"""


@dataclass(frozen=True)
class Effort:
    pressed: int
    typed: int


def begin(page: Page) -> None:
    page.evaluate("['pressed', 'typed'].forEach((name) => sessionStorage.removeItem('presses.' + name))")


def effort(page: Page) -> Effort:
    read = "['pressed', 'typed'].map((name) => Number(sessionStorage.getItem('presses.' + name) || 0))"
    pressed, typed = page.evaluate(read)
    return Effort(pressed, typed)
