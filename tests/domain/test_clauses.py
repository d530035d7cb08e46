"""A finding cites the law by its name, not by our letter for it."""

import re

from api.domain.catalogue import catalogue
from api.domain.clauses import cited

TODAY = catalogue("2026-11-28")


def test_clauses_are_read_out() -> None:
    assert cited("A 25, 28; B 26", TODAY.statutes) == (
        "《村民委员会组织法》第25、28条；《农村集体经济组织法》第26条",
        "Organic Law of Villagers' Committees, art. 25, 28; Law on Rural Collective Economic Organisations, art. 26",
    )
    assert cited("P; local", TODAY.statutes) == (
        "《中国共产党支部工作条例（试行）》；本地规定",
        "Regulations on the Work of Party Branches; local rule",
    )


def test_a_county_may_cite_what_it_likes() -> None:
    for own in ("县政办〔2026〕7号第三条", "Z 3", "A25", "A 25 bis"):
        assert cited(own, TODAY.statutes) == (own, own)


def test_no_rule_of_ours_shows_a_letter() -> None:
    for rule in TODAY.rules.values():
        assert not re.search("[A-Za-z]", cited(rule.clause, TODAY.statutes)[0]), rule.key
