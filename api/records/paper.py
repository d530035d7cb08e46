"""A decision record as it is printed: what it says, and the checkpoints that bind paper and archive."""

from typing import Literal

from api.records.base import Answer
from api.records.decisions import DecisionView
from api.records.sheets import Sheet


class PaperCheckpoint(Answer):
    at: str
    entries: int  # that it covers
    code: str
    holds: str  # what the QR code says
    qr: str  # the QR code as an SVG, in a data: address


class PaperPoint(Answer):
    of: Literal["decision", "recording"]
    title: str
    chain: str
    checkpoint: PaperCheckpoint | None  # None: nothing of the chain was signed yet
    later: int  # entries that the checkpoint doesn't cover


class Printing(Answer):
    by_name: str
    at: str
    entry: int  # its number in the decision's chain


class PaperView(Answer):
    decision: DecisionView
    points: list[PaperPoint]
    may_note: bool  # whether a printing by this account becomes an entry
    printing: Printing | None
    sheet: Sheet  # all that stands on it
