"""Each rule where it just holds and where it just breaks: a story told with one thing changed, up to that thing."""

from tests.model.borders.border import Border, told
from tests.model.borders.corrections import CORRECTIONS
from tests.model.borders.endings import ENDINGS, REFUSALS
from tests.model.borders.law import LAW, SUMS
from tests.model.borders.matters import AMOUNTS, URGENCY
from tests.model.borders.steps import ORDER, PARTS, POSTINGS, REVIEW, SITTINGS

__all__ = ["BORDERS", "Border", "told"]

BORDERS = [
    *LAW,
    *SUMS,
    *REVIEW,
    *POSTINGS,
    *SITTINGS,
    *ORDER,
    *AMOUNTS,
    *URGENCY,
    *ENDINGS,
    *REFUSALS,
    *CORRECTIONS,
    *PARTS,
]
