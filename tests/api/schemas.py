"""Requests drawn from the OpenAPI document, sent by real people: no answer is a 5xx, and none lies outside its schema.

A few requests a route in the short form; `HUILU_SCHEMA_EXAMPLES=200 python -m pytest tests/api/test_schemas.py` makes
it longer and tries the borders of each field one by one. The county has a meeting under way with a recording, and a
decision, so that what is asked for is mostly there."""

import asyncio
import json
import os
import sys
from pathlib import Path

from tests.api.conftest import Hub
from tests.api.test_recordings import Archive

ROOT = Path(__file__).parents[2]
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
# What ends the sitting by which the others ask; and the state of the hub, which says 503 of parts that no test starts.
LEFT_OUT = ("/api/logout", "/api/login", "/api/sign-ins", "/healthz")


async def named_things(hub: Hub) -> dict[str, str]:
    """Something that is there for each name in a path."""
    async with await hub.client("shuji") as secretary:
        archive = Archive(hub, secretary)
        await archive.open()
        await archive.record(12)
        meeting = (await secretary.get(f"/api/meetings/{archive.meeting}")).json()
        matter = {"unit": meeting["unit"]["id"], "matter": "b1", "title": "道路"}
        decision = (await secretary.post("/api/decisions", json=matter)).json()["id"]
    return {
        "meeting_id": archive.meeting, "recording_id": archive.recording, "track_id": archive.camera,
        "item_id": archive.item, "decision_id": decision, "unit_id": meeting["unit"]["id"],
        "piece_id": "seg_camera1", "number": "1",
    }  # fmt: skip


async def run(
    hub: Hub, username: str, folder: Path, examples: int, seed: int, phases: str = "fuzzing"
) -> tuple[int, str]:
    """Schemathesis's exit status and what it printed."""
    async with await hub.client(username) as client:
        bearer = client.headers["Authorization"]
    there = await named_things(hub)
    path = folder / "schemathesis.toml"
    path.write_text("[parameters]\n" + "".join(f'"path.{name}" = {json.dumps(there[name])}\n' for name in there))
    arguments = [
        sys.executable, "-m", "schemathesis.cli", "--config-file", str(path), "run", f"{hub.url}/api/openapi.json",
        "--header", f"Authorization: {bearer}", "--checks", ",".join(CHECKS), "--max-examples", str(examples),
        "--seed", str(seed), "--phases", phases, "--request-timeout", "20", "--no-shrink",
        "--warnings", "off", "--continue-on-failure", "--suppress-health-check", "all",
        *(part for each in LEFT_OUT for part in ("--exclude-path-regex", f"^{each}")),
    ]  # fmt: skip
    process = await asyncio.create_subprocess_exec(
        *arguments, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        env=os.environ | {"NO_COLOR": "1", "SCHEMATHESIS_HOOKS": "tests.api.schema_hooks", "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    said, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode()
