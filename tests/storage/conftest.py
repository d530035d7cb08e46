"""The export of one village meeting with a time stamp of each of its chains, and copies of it to be spoilt. A module
that wants another one has an `original` of its own."""

import shutil
from pathlib import Path

import pytest

from storage.database import Database
from storage.export import export_meeting
from storage.keys import Signer
from tests.storage.stamping import AUTHORITY, stamp_all
from tests.storage.village import MEETING, filled, hold_meeting


@pytest.fixture(scope="session")
def original(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Never changed. Beside it `signing.pem`, the hub's key, and `authority.pem`, the certificate of AUTHORITY."""
    work = tmp_path_factory.mktemp("export")

    async def make(database: Database) -> None:
        signer = Signer.load_or_create(work / "signing.pem")
        await hold_meeting(database, work / "spool", signer)
        await export_meeting(database, None, work / "spool", MEETING, work / "first", signer)  # signs the open chain
        assert len(await stamp_all(database, AUTHORITY)) == 2
        await export_meeting(database, None, work / "spool", MEETING, work / "out", signer)

    filled(migrated_sqlite, work, make)
    (work / "authority.pem").write_bytes(AUTHORITY.root.pem)
    return work / "out"


@pytest.fixture
def folder(original: Path, tmp_path: Path) -> Path:
    """A copy to be spoilt."""
    return Path(shutil.copytree(original, tmp_path / "out"))
