"""The film, small, for what needs real pictures and real sound."""

import pytest

from ops.sender.film import Film, bunny, load, transcode
from recorder import exact, loudness, stills


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Film:
    # On a machine that a whole test run shares, a niced child would get nothing for minutes.
    exact.NICE = loudness.NICE = stills.NICE = 0
    return load(transcode(bunny(), tmp_path_factory.mktemp("film"), width=640, height=360, kbps=700))
