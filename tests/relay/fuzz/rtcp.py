"""Whatever bytes come, reading RTCP gives a bounded list of reports, and those that we can write read again as written.

Read: RFC 3550 §6, RFC 4585, RFC 5104, draft-alvestrand-rmcat-remb.
"""

from media_server.engine import rtcp

_BLOCK = rtcp.ReportBlock(5, 25, -3, 70_000, 9, 1, 2)
SEEDS = [
    rtcp.sender_report(rtcp.SenderReport(1, 1 << 63, 2, 3, 4, (_BLOCK, _BLOCK))) + rtcp.description(1, "cname"),
    rtcp.receiver_report(rtcp.ReceiverReport(1, (_BLOCK,))) + rtcp.nack(1, 2, [1, 2, 3, 17, 60, 65_535]),
    rtcp.receiver_report(rtcp.ReceiverReport(1)) + rtcp.pli(1, 2) + rtcp.fir(1, 2, 3),
    rtcp.remb(1, 2_500_000, [1, 2, 3]) + rtcp.bye([1, 2]),
    b"\xa1\xc9\0\2\0\0\0\1\0\0\0\4",
]


def check(data: bytes) -> None:
    compound = rtcp.read(data)
    assert len(compound.reports) <= len(data) // 4
    for report in compound.reports:
        written = _written(report)
        if written is not None:
            read = rtcp.read(written)
            assert read.whole
            assert read.reports == [report]


def _written(report: rtcp.Report) -> bytes | None:
    if isinstance(report, rtcp.SenderReport):
        return rtcp.sender_report(report)
    if isinstance(report, rtcp.ReceiverReport):
        return rtcp.receiver_report(report)
    if isinstance(report, rtcp.KeyFrameRequest):
        return rtcp.pli(1, report.media)
    if isinstance(report, rtcp.Bye):
        return rtcp.bye(report.ssrcs)
    if isinstance(report, rtcp.Nack):
        assert 1 <= len(report.sequences) <= rtcp.MAX_NACKED
        rising = sorted(set(report.sequences))
        (read,) = rtcp.read(rtcp.nack(1, report.media, rising)).reports
        assert isinstance(read, rtcp.Nack)
        assert list(read.sequences) == rising
        return None
    if isinstance(report, rtcp.Remb):
        (read,) = rtcp.read(rtcp.remb(1, report.bitrate, report.ssrcs)).reports
        assert read == report
    return None
