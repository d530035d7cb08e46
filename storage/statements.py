"""What entries say where others rely on it: a sealed segment, and that an entry rests on another chain.

`storage.verify` reads these fields in an export; whoever writes such an entry builds its payload here.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from storage.chained import CheckpointRecord, EntryRecord
from storage.clock import rfc3339
from storage.paper import short_code
from storage.tables import Countersignature, Delivery, Explanation, Gap, Segment


def segment_statement(segment: Segment) -> dict[str, Any]:
    """The payload of a recording's `segment` entry: everything of the row that a later reader may want proved."""
    return {
        "segment": segment.id,
        "track": segment.track_id,
        "number": segment.number,
        "name": segment.name,
        "bytes": segment.bytes,
        "head_bytes": segment.head_bytes,
        "sha256": segment.sha256,
        "sm3": segment.sm3,
        "start_ns": segment.start_ns,
        "end_ns": segment.end_ns,
        "frames": segment.frames,
        "fillers": segment.fillers,
        "width": segment.width,
        "height": segment.height,
        "relay_epoch": segment.relay_epoch,
        "source": segment.source_id,
        "first_index": segment.first_index,
        "last_index": segment.last_index,
    }


def delivery_statement(row: Delivery) -> dict[str, Any]:
    """The payload of a `delivery` entry: the file's bytes as the hub got them, and what its sender says of it."""
    return {
        "delivery": row.id,
        "origin": row.origin,
        "recording": row.recording_id,
        "name": row.name,
        "mime": row.mime,
        "bytes": row.bytes,
        "sha256": row.sha256,
        "sm3": row.sm3,
        "received": None if row.received_wall is None else rfc3339(row.received_wall),
        "by": row.user_id,
        "by_name": row.user_as,
        "site": row.site_id,
        "publisher": row.publisher,
        "start_ns": row.start_ns,
        "end_ns": row.end_ns,
        "clock": row.clock,
        "place": row.place,
        "taken": None if row.taken_wall is None else rfc3339(row.taken_wall),
        "reason": row.reason,
        "late": row.late,
    }


def explanation_statement(row: Explanation, gaps: Sequence[Gap]) -> dict[str, Any]:
    """The payload of an `explanation` entry, and what an export says of it: which gaps, where they lie, and why."""
    ordered = sorted(gaps, key=lambda gap: (gap.start_ns, gap.id))
    return {
        "explanation": row.id,
        "gaps": [gap.id for gap in ordered],
        "spans": [[gap.start_ns, gap.end_ns] for gap in ordered],
        "text": row.text,
        "as": row.explained_as,
        "at": rfc3339(row.explained_wall),
    }


def countersigned_statement(row: Countersignature) -> dict[str, Any]:
    return {"explanation": row.explanation_id, "as": row.signed_as, "at": rfc3339(row.signed_wall)}


def printed_statement(by: str, name: str, points: Iterable[CheckpointRecord]) -> dict[str, Any]:
    """The payload of a decision's `printed` entry: who printed its record, and which checkpoints' codes it bears."""
    codes = [{"chain": each.chain_id, "seq": each.seq, "code": short_code(each)} for each in points]
    return {"by": by, "by_name": name, "codes": codes}


def rests_on(record: EntryRecord | CheckpointRecord) -> dict[str, Any]:
    """Goes into a payload as `"rests_on": [rests_on(record), …]`: a decision's entry carries the hash of the
    recording's entry or checkpoint that it is based on, so neither can be changed afterwards without the other."""
    return {
        "chain": record.chain_id,
        "seq": record.seq,
        "hash": record.hash if isinstance(record, EntryRecord) else record.head,
    }
