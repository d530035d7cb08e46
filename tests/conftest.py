"""Fixtures that several rooms use."""

pytest_plugins = ["tests.fixtures_storage"]
