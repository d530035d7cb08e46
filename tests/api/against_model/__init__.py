"""Random people do random acts at a running hub over HTTP, beside the small model of tests/model: no disagreement.

    python -m tests.api.against_model --acts 10000 --database sqlite|postgresql --seed N

The hub's clock goes through a year (tests/api/year.py); many records are under way at once, each on its own days.
Acts are drawn as for the engine (tests/model/acts.py). What can't come over HTTP as it was drawn comes as people bring
it: a sitting is a meeting, played, whose figures are its roster's; a seal is what its recording showed; a correction is
asked for by one person, and where it takes two, each side gives its word. Not sent: a seal or a vote of a meeting that
was never held or has ended, and sittings that name no body that meets.
"""
