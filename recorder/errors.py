"""What can be wrong with a recording, each with a stable code and a sentence that says what to do, in two languages."""


class RecorderError(Exception):
    """Also the reasons for which the recorder says that it is unwell. Subclasses fix code, sentences and status."""

    code = "recorder.error"
    zh = "录制服务出错，正在恢复"
    en = "The recorder failed; it is being restarted."
    status = 500

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or self.en)
        self.detail = detail


class RelayUnreachable(RecorderError):
    code = "recorder.relay-unreachable"
    zh = "录制服务连不上媒体中继，正在重连；会议可以照开，请同时用本机录像"
    en = "The recorder cannot reach the media relay and is reconnecting; record on the device meanwhile."
    status = 503


class SpoolFull(RecorderError):
    code = "recorder.spool-full"
    zh = "录像暂存空间已满，新的录像存不下；请联系县管理员清理磁盘，会议可以照开，请同时用本机录像"
    en = "The recording spool is full; ask the county to free disk space, and record on the device meanwhile."
    status = 507


class DiskError(RecorderError):
    code = "recorder.disk-error"
    zh = "录像写盘失败；请联系县管理员检查磁盘，会议可以照开，请同时用本机录像"
    en = "Recordings cannot be written to disk; ask the county to check it, and record on the device meanwhile."
    status = 507


class DiskSlow(RecorderError):
    code = "recorder.disk-slow"
    zh = "录像写盘太慢，正在等待磁盘；请联系县管理员检查磁盘，会议可以照开，请同时用本机录像"
    en = "The disk is too slow for the recordings; ask the county to check it, and record on the device meanwhile."
    status = 507


class NotRecording(RecorderError):
    code = "recorder.not-recording"
    zh = "会议已开，但录制还没有跟上，系统正在恢复；请同时用本机录像"
    en = "The meeting is open but its recording has not begun; record on the device meanwhile."
    status = 503


class RowRefused(RecorderError):
    code = "recorder.row-refused"
    zh = "录像已写盘，但有分段登记不上，归档不完整；请联系县管理员，会议可以照开，请同时用本机录像"
    en = "Recordings are on disk, but the database refused a row; tell the county, and record on the device meanwhile."
    status = 500


class BehindOnRows(RecorderError):
    code = "recorder.database-away"
    zh = "录像正常写盘，数据库暂时不可用，恢复后自动补登"
    en = "Recording goes on; the database is away and will be caught up."
    status = 503


class BehindOnUploads(RecorderError):
    code = "recorder.objects-away"
    zh = "录像正常写盘，归档存储暂时不可用，恢复后自动补传"
    en = "Recording goes on; the archive store is away and will be caught up."
    status = 503


class UploadsRefused(RecorderError):
    code = "recorder.objects-refused"
    zh = "录像正常写盘，但归档存储拒收部分录像，系统继续重试；请联系县管理员检查归档存储"
    en = "Recording goes on; the archive store refuses some of it, which is tried again; ask the county to check it."
    status = 502


class SpoolLow(RecorderError):
    code = "recorder.spool-low"
    zh = "录像磁盘剩余空间可能不够录完一次半天的会议；请联系县管理员清理磁盘，会议可以照开，请同时用本机录像"
    en = "The disk may not hold a meeting of half a day; ask the county to free space, and record on the device too."
    status = 507


class NoSuchRecording(RecorderError):
    code = "recorder.no-such-recording"
    zh = "没有这个录像"
    en = "There is no such recording."
    status = 404
