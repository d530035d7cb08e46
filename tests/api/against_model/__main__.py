"""The trial as a command; it ends with 1 at the first disagreement, and prints how it came to it.

SIGTERM ends it early, with its report."""

import argparse
import asyncio
import signal
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from storage.database import migrate
from tests.api import against_model
from tests.api.against_model.telling import Disagreement
from tests.api.against_model.trial import Trial, trial
from tests.fixtures_bus import running_bus
from tests.fixtures_storage import running_postgres


async def _tried(folder: Path, bus_url: str, database_url: str, seed: int, acts: int, limit_s: float) -> str:
    await migrate(database_url)
    async with trial(folder, bus_url, database_url, seed) as tried:
        telling = asyncio.create_task(_tell(tried))
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, tried.stop)
        try:
            await tried.run(acts, limit_s)
        except AssertionError:
            print(tried.told.report().replace("no disagreement", "then one disagreement"))
            raise
        finally:
            telling.cancel()
        return tried.told.report()


async def _tell(tried: Trial) -> None:
    """How far it is, so that one who waits knows when it will end."""
    while True:
        await asyncio.sleep(60)
        print(f"{tried.told.acts} acts, {tried.told.compared} standings compared", flush=True)


def main() -> int:
    asked = argparse.ArgumentParser(prog="tests.api.against_model", description=against_model.__doc__)
    asked.add_argument("--acts", type=int, default=10_000)
    asked.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--minutes", type=float, default=1e6, help="end and report then, wherever it is")
    options = asked.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="huilu-model-")))
        bus_url = stack.enter_context(running_bus(folder / "bus"))
        url = f"sqlite+aiosqlite:///{folder}/huilu.sqlite"
        if options.database == "postgresql":
            url = stack.enter_context(running_postgres()) % "template"
        print(f"seed {options.seed}, {options.database}", flush=True)
        try:
            print(asyncio.run(_tried(folder, bus_url, url, options.seed, options.acts, options.minutes * 60)))
        except Disagreement as found:
            print(found)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
