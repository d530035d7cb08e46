"""The film, transcoded once for all tests of a run (and kept in the cache folder between runs)."""

from pathlib import Path

import pytest

from ops.sender.film import Film, bunny, load, transcode


@pytest.fixture(scope="session")
def film_cache(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("film")


@pytest.fixture(scope="session")
def film(film_cache) -> Film:
    return load(transcode(bunny(), film_cache))
