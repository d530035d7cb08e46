"""What the OpenAPI document promises is kept, whatever is sent that it allows, or doesn't."""

import os
from pathlib import Path

import pytest

from tests.api.conftest import Hub
from tests.api.schemas import run

EXAMPLES = int(os.environ.get("HUILU_SCHEMA_EXAMPLES", "2"))
PHASES = "fuzzing" if EXAMPLES <= 2 else "examples,coverage,fuzzing"


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("username", ["admin", "shuji"])
async def test_no_answer_lies_outside_its_schema(hub: Hub, tmp_path: Path, username: str) -> None:
    status, said = await run(hub, username, tmp_path, EXAMPLES, 20261128, PHASES)
    assert status == 0, said
