"""A county's own rules with mistakes in it, for tests of how they are named."""

WRONG = """
[[rule]]
key = "coverage"
kind = "procedure"
whose = "vilage"
clause = "local"
zh = "{step}录制覆盖率 {coverage_percent}%，低于 {least_percent}%"
en = "{step}: coverage {coverage_percent}% is below {least_percent}%"
least_permille = 900
from_on = "2020-01-01"

[[matter]]
key = "b1"
nonsense = 3
"""
