"""Refusals in a meeting: its state, its agenda, roster, votes and breaks."""

from api.errors.request import ApiError


class CountFirst(ApiError):
    code = "vote.count-first"
    zh = "请先点名，或填写应到和实到人数，再登记表决结果"
    en = "Count who is due and present first, on the roster or by typing both numbers."
    status = 422


class VoteOpen(ApiError):
    code = "vote.open"
    zh = "正在表决：宣布结果以前不能休会、转入另一部分，也不能开始另一项表决"
    en = "A vote is open: until its result is announced there is no break, no turn to another part, and no other vote."
    status = 409


class BreakWithoutReason(ApiError):
    code = "break.no-reason"
    zh = "休会要说明原因"
    en = "A break is declared with its reason."
    status = 422


class WrongState(ApiError):
    code = "meeting.wrong-state"
    zh = "会议当前状态下不能进行此操作"
    en = "The meeting's state does not allow this."
    status = 409


class NotToday(ApiError):
    code = "meeting.not-same-day"
    zh = "会议只能在当天重新开启"
    en = "A meeting may be reopened on the same day only."
    status = 409


class StillClosing(ApiError):
    code = "meeting.recording-closing"
    zh = "录音录像正在归档，请稍候再重新开启"
    en = "The recording is being closed; try again in a moment."
    status = 409


class RecordedAlways(ApiError):
    code = "meeting.recorded-always"
    zh = "此类会议必须全程录音录像"
    en = "Meetings of this kind are always recorded."
    status = 422


class NeverRecorded(ApiError):
    code = "meeting.never-recorded"
    zh = "此类会议不得录音录像"
    en = "Meetings of this kind are never recorded."
    status = 422


class NoSite(ApiError):
    code = "meeting.no-site"
    zh = "您的单位不在本次会议的会场之列"
    en = "Your unit has no site in this meeting."
    status = 403


class PartsUnlike(ApiError):
    code = "meeting.parts-unlike"
    zh = "这几部分对录音录像或查看范围的要求不同，不能合并为一次会议"
    en = "These parts differ in whether they are recorded or who may see them, and can't be one meeting."
    status = 422


class PartsMany(ApiError):
    code = "meeting.parts-many"
    zh = "一次会议的部分太多，请另开会议"
    en = "The meeting has too many parts; hold another one."
    status = 409


class ItemState(ApiError):
    code = "item.wrong-state"
    zh = "该议题当前状态下不能进行此操作"
    en = "The agenda item's state does not allow this."
    status = 409


class BadVote(ApiError):
    code = "vote.sums"
    zh = "票数不符：赞成、反对、弃权之和不得超过实到有表决权人数"
    en = "For, against and abstained exceed those present."
    status = 422


class NoDecision(ApiError):
    code = "vote.no-decision"
    zh = "该议题没有关联议事事项，请先选择事项"
    en = "The item has neither a matter nor a decision record."
    status = 422


class NotOnRoster(ApiError):
    code = "roster.unknown"
    zh = "此人不在本次会议的名册上"
    en = "This person is not on the meeting's roster."
    status = 404
