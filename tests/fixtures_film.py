"""The film, small, for what needs real pictures and real sound."""

import pytest

from ops.sender.film import Film, bunny, load, transcode


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Film:
    return load(transcode(bunny(), tmp_path_factory.mktemp("film"), width=640, height=360, kbps=700))
