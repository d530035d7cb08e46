"""Refusals of recordings: playing, keeping, taking out, films that came later, gaps."""

from api.errors.request import ApiError


class NotPlayable(ApiError):
    code = "recording.not-here"
    zh = "该录像片段暂时无法读取，正在从存储中恢复"
    en = "This piece of the recording can't be read at the moment."
    status = 503


class RestrictedPart(ApiError):
    code = "recording.restricted"
    zh = "该部分为限制查看内容"
    en = "This part is restricted."
    status = 403


class RecordingDeleted(ApiError):
    code = "recording.deleted"
    zh = "录像已按保管期限删除；会议记录、数字和存证链仍然保留"
    en = "The media were deleted at the end of their term; minutes, figures and the ledger are kept."
    status = 410


class KeepingState(ApiError):
    code = "keeping.wrong-state"
    zh = "该录像当前状态下不能进行此操作，或同样的提议正在等待确认"
    en = "The recording's state does not allow this, or the same is proposed already."
    status = 409


class NotDue(ApiError):
    code = "keeping.not-due"
    zh = "该录像的保管期限还没有到"
    en = "The recording's term is not over yet."
    status = 409


class UnderHold(ApiError):
    code = "keeping.under-hold"
    zh = "该录像正在保全，解除保全之前不能删除"
    en = "The recording is under a hold; nothing of it is deleted before that is lifted."
    status = 409


class AlreadyHeld(ApiError):
    code = "keeping.already-held"
    zh = "该录像已经在保全"
    en = "The recording is under a hold already."
    status = 409


class SamePerson(ApiError):
    code = "keeping.same-person"
    zh = "须由另一人确认或否决；提议人自己只能撤回"
    en = "Another person confirms or refuses; who proposed may only withdraw."
    status = 403


class ProposalOver(ApiError):
    code = "keeping.over"
    zh = "这项提议已经处理或已过期，请重新提议"
    en = "This proposal was answered or has expired."
    status = 409


class TakingOut(ApiError):
    code = "export.busy"
    zh = "正在打包另一次会议的档案，请过几分钟再试"
    en = "Another meeting's archive is being packed; try again in a few minutes."
    status = 503


class NoRoomForArchive(ApiError):
    code = "export.no-room"
    zh = "服务器磁盘空间不足，暂时不能打包，请联系县管理员"
    en = "The hub's disk has no room to pack this archive; tell the county."
    status = 507


class NotThere(ApiError):
    code = "delivery.not-in-meeting"
    zh = "只有参加过这次会议的设备才能补传设备上的录像"
    en = "Only a device that was in this meeting may deliver its own copy."
    status = 403


class NotRecorded(ApiError):
    code = "delivery.not-recorded"
    zh = "这次会议没有录音录像，不接收补录"
    en = "This meeting is not recorded; no film is taken for it."
    status = 409


class TwoFiles(ApiError):
    code = "delivery.another-file"
    zh = "同一名称下已有另一个文件，请刷新页面后重试"
    en = "Another file was begun under this name; reload the page and try again."
    status = 409


class GapNotWaiting(ApiError):
    code = "gap.not-waiting"
    zh = "这个断点不用说明，或者说明已经会签"
    en = "This gap needs no explanation, or one was countersigned already."
    status = 409


class OwnExplanation(ApiError):
    code = "gap.own"
    zh = "自己写的说明须由另一人会签"
    en = "What one explained oneself is countersigned by another person."
    status = 403


class OwnDelivery(ApiError):
    code = "delivery.own"
    zh = "自己补交的录像须由另一人监督确认"
    en = "What one handed in oneself is countersigned by another person."
    status = 403


class NotSealed(ApiError):
    code = "delivery.not-sealed"
    zh = "录像还没有接收完，不能监督确认"
    en = "The film is not here as a whole yet; it can't be countersigned."
    status = 409
