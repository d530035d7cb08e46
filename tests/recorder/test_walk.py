"""Film over a real socket into a real recorder with a real bus and database: what is in the archive afterwards."""

import asyncio
import itertools

from sqlalchemy import select

from recorder.spans import difference, union
from storage.tables import Checkpoint
from tests.recorder import hub
from tests.recorder.hall import Hall

MS = 1_000_000


async def test_every_frame_of_a_meeting_is_in_its_archive(hall: Hall) -> None:
    async with hall.recorded() as opened:
        await asyncio.sleep(1.0)  # a camera comes a second after the opening
        publisher = hall.publisher(opened)
        await publisher.play(7.0)
        publisher.end()
        await asyncio.sleep(0.2)
        end_ns = await hall.finish(opened)
    found = await hall.archive(opened)
    sent = [frame for _, frame in publisher.sent]
    assert found.samples("camera") == hub.pictures(sent)
    assert found.samples("microphone") == hub.sounds(sent)
    for kind, segments in found.segments.items():
        assert [segment.number for segment in segments] == list(range(1, len(segments) + 1))
        assert len(segments) >= 2
        for segment in segments:
            assert hub.decode_errors(hall.spool / segment.name) == ""
            assert segment.frames == len(hub.demuxed(hall.spool / segment.name))
        for before, after in itertools.pairwise(segments):
            assert before.end_ns == after.start_ns
        # Tracks that play together have no holes from the recording's start to its end.
        pieces = union((each.start_ns, each.end_ns) for each in [*segments, *found.fillers[kind]])
        assert difference([(0, end_ns)], pieces) == []
        for filler in found.fillers[kind]:
            assert hub.decode_errors(hall.spool / filler.name) == ""
    # The picture's first frame was captured when it was due, on the meeting's time line.
    first = found.segments["camera"][0]
    due = opened.origin.meeting_ns(next(due for due, frame in publisher.sent if frame.is_video))
    assert abs(first.start_ns - due) < 20 * MS
    assert found.tracks["camera"].name == "石桥村 摄像头"
    assert found.tracks["camera"].site_id == opened.site
    assert found.recording.state == "closed"
    assert [(found.kind_of(gap.track_id), gap.cause) for gap in found.gaps] == [(None, "left")]
    async with hall.database.reading() as session:
        final = (await session.scalars(select(Checkpoint).where(Checkpoint.final))).one()
    assert final.chain_id == found.recording.chain_id
