from dataclasses import dataclass

from recorder.playlists import SKIP_UNTIL_S, MasterTrack, head_tag, in_step, master_playlist, media_playlist

S = 1_000_000_000


@dataclass
class Piece:
    id: str
    start_ns: int
    end_ns: int
    head: str = "aa"
    bytes: int = 1000
    head_bytes: int = 700

    @property
    def name(self) -> str:
        return f"rec/trk/{self.id}.h{self.head}.mp4"


def uri(piece: object) -> str:
    return f"media/{piece.id}.mp4"  # type: ignore[attr-defined]


def test_a_whole_playlist() -> None:
    segments = [Piece("a", 2 * S, 4 * S, "11"), Piece("b", 4 * S, 6_500_000_000, "11"), Piece("c", 8 * S, 9 * S, "22")]
    fillers = [Piece("x", 0, 2 * S, "ff"), Piece("y", 6_500_000_000, 8 * S, "ff")]
    assert media_playlist(segments, fillers, True, uri).splitlines() == [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        "#EXT-X-TARGETDURATION:6",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        '#EXT-X-MAP:URI="media/x.mp4",BYTERANGE="700@0"',
        "#EXTINF:2.000000,",
        "#EXT-X-BYTERANGE:300@700",
        "media/x.mp4",
        '#EXT-X-MAP:URI="media/a.mp4",BYTERANGE="700@0"',
        "#EXTINF:2.000000,",
        "#EXT-X-BYTERANGE:300@700",
        "media/a.mp4",
        "#EXTINF:2.500000,",
        "#EXT-X-BYTERANGE:300@700",
        "media/b.mp4",
        '#EXT-X-MAP:URI="media/y.mp4",BYTERANGE="700@0"',
        "#EXTINF:1.500000,",
        "#EXT-X-BYTERANGE:300@700",
        "media/y.mp4",
        '#EXT-X-MAP:URI="media/c.mp4",BYTERANGE="700@0"',
        "#EXTINF:1.000000,",
        "#EXT-X-BYTERANGE:300@700",
        "media/c.mp4",
        "#EXT-X-ENDLIST",
    ]


def test_refused_pieces_keep_their_place_and_give_no_head() -> None:
    pieces = [Piece(name, n * S, (n + 1) * S, head) for n, (name, head) in enumerate(["a1", "b2", "c2", "d3", "e3"])]
    text = media_playlist(pieces, [], True, uri, lambda piece: piece.id in ("a", "c", "d"))  # type: ignore[attr-defined]
    assert text.splitlines()[6:] == [
        '#EXT-X-MAP:URI="media/b.mp4",BYTERANGE="700@0"',
        "#EXT-X-GAP",
        "#EXTINF:1.000000,",
        "#EXT-X-BYTERANGE:300@700",
        "media/a.mp4",
        "#EXTINF:1.000000,",
        "#EXT-X-BYTERANGE:300@700",
        "media/b.mp4",
        '#EXT-X-MAP:URI="media/e.mp4",BYTERANGE="700@0"',
        "#EXT-X-GAP",
        "#EXTINF:1.000000,",
        "#EXT-X-BYTERANGE:300@700",
        "media/c.mp4",
        "#EXT-X-GAP",
        "#EXTINF:1.000000,",
        "#EXT-X-BYTERANGE:300@700",
        "media/d.mp4",
        "#EXTINF:1.000000,",
        "#EXT-X-BYTERANGE:300@700",
        "media/e.mp4",
        "#EXT-X-ENDLIST",
    ]
    assert "EXT-X-MAP" not in media_playlist(pieces, [], True, uri, lambda _: True)


def test_while_it_runs_it_stops_before_a_hole_and_has_no_end() -> None:
    segments = [Piece("a", 0, 2 * S), Piece("b", 3 * S, 5 * S)]
    text = media_playlist(segments, [], False, uri)
    assert "media/a.mp4" in text
    assert "media/b.mp4" not in text
    assert "ENDLIST" not in text
    assert "#EXT-X-PLAYLIST-TYPE:EVENT" in text
    assert "media/b.mp4" in media_playlist(segments, [], True, uri)


def test_where_a_filler_and_a_segment_overlap_the_segment_stands() -> None:
    segments = [Piece("a", 0, 4 * S), Piece("b", 6 * S, 8 * S)]
    fillers = [Piece("early", 3 * S, 5 * S), Piece("fits", 4 * S, 6 * S), Piece("long", 5 * S, 7 * S)]
    assert [piece.id for piece in in_step(segments, fillers)] == ["a", "fits", "b"]
    assert [piece.id for piece in in_step([], fillers[:1])] == ["early"]


def test_a_long_segment_raises_the_target_duration() -> None:
    assert "#EXT-X-TARGETDURATION:9\n" in media_playlist([Piece("a", 0, 9 * S)], [], False, uri)


def test_the_head_tag_is_read_from_the_name() -> None:
    assert head_tag("r/t/000001-5-9.h5e1f00aa.mp4") == "5e1f00aa"
    assert head_tag("r.h/t/odd.mp4") == "r.h/t/odd.mp4"


MICROPHONES = [MasterTrack("m1", "microphone", '会"议\n室'), MasterTrack("m2", "microphone", "村")]
CAMERAS = [MasterTrack("c1", "camera", "主", 1280, 720), MasterTrack("c2", "camera", "分", codec="avc1.42c01f")]


def test_one_sound_group_and_the_pictures_as_variants() -> None:
    assert master_playlist([*CAMERAS, *MICROPHONES]).splitlines() == [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="会议室",DEFAULT=YES,AUTOSELECT=YES,URI="m1.m3u8"',
        '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="村",DEFAULT=NO,AUTOSELECT=YES,URI="m2.m3u8"',
        '#EXT-X-STREAM-INF:BANDWIDTH=2500000,CODECS="avc1.42e01f,opus",RESOLUTION=1280x720,AUDIO="sound"',
        "c1.m3u8",
        '#EXT-X-STREAM-INF:BANDWIDTH=2500000,CODECS="avc1.42c01f,opus",AUDIO="sound"',
        "c2.m3u8",
    ]


def test_a_picture_can_be_picked() -> None:
    text = master_playlist([*CAMERAS, *MICROPHONES], picture="c2")
    assert "c2.m3u8" in text
    assert "c1.m3u8" not in text


def test_pictures_without_sound_and_sound_without_pictures() -> None:
    assert "AUDIO" not in master_playlist(CAMERAS)
    assert master_playlist(MICROPHONES).endswith('CODECS="opus",AUDIO="sound"\nm1.m3u8\n')


def test_names_in_the_group_differ() -> None:
    same = [MasterTrack("m1", "microphone", "村"), MasterTrack("m2", "microphone", "村")]
    text = master_playlist(same)
    assert 'NAME="村 1"' in text
    assert 'NAME="村 2"' in text


def test_a_delta_of_a_running_playlist_names_what_the_player_lacks() -> None:
    """What a player merges from its old playlist and the delta is what the whole one says."""
    pieces = [Piece(f"p{n}", 2 * n * S, 2 * (n + 1) * S, "aa" if n < 50 else "bb") for n in range(60)]
    whole = media_playlist(pieces, [], False, uri).splitlines()
    delta = media_playlist(pieces, [], False, uri, delta=True).splitlines()
    control = f"#EXT-X-SERVER-CONTROL:CAN-SKIP-UNTIL={SKIP_UNTIL_S}"
    assert control in whole
    assert delta[:8] == [
        "#EXTM3U", "#EXT-X-VERSION:9", *whole[2:6], control, "#EXT-X-SKIP:SKIPPED-SEGMENTS=41",
    ]  # fmt: skip
    named = [line for line in whole if line.startswith("media/")]
    assert [line for line in delta if line.startswith("media/")] == named[41:]
    # The last of them ends before the boundary, and the first that is named has its map line again.
    assert pieces[40].end_ns < pieces[-1].end_ns - SKIP_UNTIL_S * S <= pieces[41].end_ns
    assert delta[8] == '#EXT-X-MAP:URI="media/p41.mp4",BYTERANGE="700@0"'
    assert delta[delta.index("media/p49.mp4") + 1 :] == whole[whole.index("media/p49.mp4") + 1 :]


def test_what_is_ended_or_short_is_told_whole() -> None:
    pieces = [Piece(f"p{n}", 2 * n * S, 2 * (n + 1) * S) for n in range(60)]
    assert media_playlist(pieces, [], True, uri, delta=True) == media_playlist(pieces, [], True, uri)
    assert "SERVER-CONTROL" not in media_playlist(pieces, [], True, uri)
    for short in (pieces[:18], []):
        assert media_playlist(short, [], False, uri, delta=True) == media_playlist(short, [], False, uri)
