"""What the api refuses, each with a stable code, a sentence in two languages and an HTTP status."""

from typing import Any, ClassVar


class ApiError(Exception):
    """A refusal that a person reads. Subclasses fix code, sentences and status."""

    code: ClassVar[str] = "api.error"
    zh: ClassVar[str] = "系统出错"
    en: ClassVar[str] = "The hub could not do this."
    status: ClassVar[int] = 500

    def __init__(self, detail: str = "", **more: Any) -> None:
        super().__init__(detail or self.en)
        self.detail = detail
        self.more = more  # further members of the problem document (RFC 9457 §3.2)


class Unexpected(ApiError):
    code = "api.unexpected"
    zh = "系统内部出错，已记录，请把编号告诉管理员"
    en = "Something went wrong inside the hub; it was logged under the incident's number."
    status = 500


class BadRequest(ApiError):
    code = "request.invalid"
    zh = "提交的内容有误，请检查标出的项目"
    en = "Some fields are missing or wrong."
    status = 422


class BadBody(ApiError):
    code = "request.unreadable"
    zh = "无法读取提交的内容"
    en = "The body could not be read."
    status = 400


class BodyTooLarge(ApiError):
    code = "request.too-large"
    zh = "提交的内容过大"
    en = "The body is over its limit."
    status = 413


class WrongMediaType(ApiError):
    code = "request.media-type"
    zh = "提交内容的类型不受支持"
    en = "This type of body is not taken here."
    status = 415


class NotFound(ApiError):
    code = "api.not-found"
    zh = "没有找到所请求的内容"
    en = "There is no such thing."
    status = 404


class WrongMethod(ApiError):
    code = "api.method"
    zh = "此地址不支持这种操作"
    en = "This address does not take this method."
    status = 405


class NotSignedIn(ApiError):
    code = "sign-in.required"
    zh = "请先登录"
    en = "Please sign in."
    status = 401


class WrongPassword(ApiError):
    code = "sign-in.wrong"
    zh = "用户名或密码不正确"
    en = "User name or password is wrong."
    status = 401


class WrongCode(ApiError):
    code = "sign-in.wrong-code"
    zh = "一次性代码不正确或已过期，请向上级重新索取"
    en = "The one-time code is wrong or has expired."
    status = 401


class SecondFactorWanted(ApiError):
    code = "sign-in.second-factor"
    zh = "请输入手机验证器上的 6 位动态码"
    en = "The code of your authenticator app is wanted as well."
    status = 401


class WrongSecondFactor(ApiError):
    code = "sign-in.wrong-second-factor"
    zh = "动态码不正确，或已经用过，请等下一个动态码再试"
    en = "This code is wrong or was used before; wait for the next one."
    status = 401


class MustEnrol(ApiError):
    code = "sign-in.must-enrol"
    zh = "您的岗位要求二次验证，请先在“账号安全”中开通"
    en = "Your post asks for a second factor; set it up under Account first."
    status = 403


class FactorState(ApiError):
    code = "second-factor.wrong-state"
    zh = "二次验证当前状态下不能进行此操作，请刷新页面"
    en = "The second factor's state does not allow this; reload the page."
    status = 409


class FactorOff(ApiError):
    code = "second-factor.off"
    zh = "本系统没有启用二次验证"
    en = "Second factors are switched off here."
    status = 409


class SecretUnreadable(ApiError):
    code = "second-factor.unreadable"
    zh = "无法读取此账号的二次验证密钥，请联系安全管理员重设"
    en = "The second factor can't be read with this hub's key; have it reset."
    status = 503


class TooManyGuesses(ApiError):
    code = "sign-in.too-many-guesses"
    zh = "尝试次数过多，请稍后再试，或请上级重置密码"
    en = "Too many failed sign-ins; wait, or have your password reset."
    status = 429


class TooManySessions(ApiError):
    code = "media.too-many-sessions"
    zh = "此账号已在太多设备上进入会议，请先在别的设备上离开"
    en = "This account is in meetings on too many devices; leave on another one first."
    status = 429


class UnfitSubstitute(ApiError):
    code = "substitute.unfit"
    zh = "不能由此账号代理：没有这个账号、已停用、是会场终端，或就是本人"
    en = "This account can't stand in: unknown, disabled, a terminal, or your own person."
    status = 422


class OfficesApart(ApiError):
    code = "substitute.apart"
    zh = "这两个岗位不能由一人担任（管理、安全、审计三员分立；监督员与书记、记录员分开）"
    en = "These two posts may not be in one hand, not even for a time."
    status = 409


class NothingToLend(ApiError):
    code = "substitute.nothing"
    zh = "您自己没有这项权限，不能请人代理；代理来的权限也不能再转"
    en = "You hold no such right of your own; what was lent to you can't be handed on."
    status = 403


class TooManySubstitutes(ApiError):
    code = "substitute.too-many"
    zh = "您安排的代理太多，请先结束一些"
    en = "You have too many substitutes; end some of them first."
    status = 409


class SubstituteOver(ApiError):
    code = "substitute.over"
    zh = "这项代理已经结束"
    en = "This is over already."
    status = 409


class MustChange(ApiError):
    code = "sign-in.must-change"
    zh = "首次使用请先修改密码"
    en = "The password must be changed before the first use."
    status = 403


class WeakPassword(ApiError):
    code = "sign-in.weak-password"
    zh = "密码至少 8 个字符，不能与用户名相同，也不能与原密码相同"
    en = "A password has at least 8 characters and is neither the user name nor the old one."
    status = 422


class ForeignOrigin(ApiError):
    code = "request.foreign-origin"
    zh = "请求来自其他网站，已拒绝"
    en = "The request comes from another site."
    status = 403


class Forbidden(ApiError):
    code = "right.missing"
    zh = "您没有进行此项操作的权限"
    en = "You have no right to do this."
    status = 403


class NoSuchKey(ApiError):
    code = "catalogue.unknown"
    zh = "目录中没有此项"
    en = "The catalogue has no such key."
    status = 422


class WrongCatalogue(ApiError):
    """`mistakes`: file, line and sentence of each."""

    code = "catalogue.mistakes"
    zh = "规则文件有误，未予采用"
    en = "The rules' files have mistakes; nothing of them was taken up."
    status = 422


class RuleProposalOpen(ApiError):
    code = "rules.open"
    zh = "已有一份规则等待另一人确认"
    en = "Rules that were proposed before wait for a second person's word."
    status = 409


class CountFirst(ApiError):
    code = "vote.count-first"
    zh = "请先点名，或填写应到和实到人数，再登记表决结果"
    en = "Count who is due and present first, on the roster or by typing both numbers."
    status = 422


class Erased(ApiError):
    code = "decision.erased"
    zh = "记录的部分内容已依法删除，不能再办理"
    en = "Parts of this record were erased; nothing more is done in it."
    status = 409


class OnAFutureDay(ApiError):
    code = "act.future"
    zh = "日期不能晚于今天"
    en = "The day lies in the future."
    status = 422


class OwnProposal(ApiError):
    code = "decision.own"
    zh = "不能审核、监督自己提出的事项"
    en = "Nobody reviews or supervises what he proposed."
    status = 403


class VoteOpen(ApiError):
    code = "vote.open"
    zh = "正在表决：宣布结果以前不能休会，也不能开始另一项表决"
    en = "A vote is open: until its result is announced there is no break, and no other vote."
    status = 409


class BreakWithoutReason(ApiError):
    code = "break.no-reason"
    zh = "休会要说明原因"
    en = "A break is declared with its reason."
    status = 422


class OwnEntry(ApiError):
    code = "correction.own"
    zh = "不能更正自己登记的内容，须由另一人更正"
    en = "Nobody corrects his own entry; another person does."
    status = 403


class CorrectionSettled(ApiError):
    code = "correction.settled"
    zh = "没有这项待同意的更正，或者本方已经表态"
    en = "This correction waits for no word, or not for yours."
    status = 409


class MinutesMoment(ApiError):
    code = "minutes.moment"
    zh = "所指时刻不在该议题之内"
    en = "The moment lies outside of the agenda item."
    status = 422


class MinutesSettled(ApiError):
    code = "minutes.settled"
    zh = "该笔录异议当前状态下不能进行此操作"
    en = "The objection to the minutes does not wait for this."
    status = 409


class OwnMinutes(ApiError):
    code = "minutes.own"
    zh = "提出异议的人、认定的人和监督人员须为不同的人"
    en = "Who objects, who finds and who supervises are three persons."
    status = 403


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


class ItemState(ApiError):
    code = "item.wrong-state"
    zh = "该议题当前状态下不能进行此操作"
    en = "The agenda item's state does not allow this."
    status = 409


class AffairStruck(ApiError):
    code = "outside.struck"
    zh = "该体外事项已注明登记有误"
    en = "This affair is struck already."
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


class UnitClosed(ApiError):
    code = "unit.closed"
    zh = "该单位已撤并"
    en = "The unit was closed."
    status = 409


class BadTree(ApiError):
    code = "unit.tree"
    zh = "单位不能隶属于自己或其下级"
    en = "A unit can't belong to itself or to one below it."
    status = 422


class Taken(ApiError):
    code = "name.taken"
    zh = "名称或代码已被使用"
    en = "The name or code is taken."
    status = 409


class BadWorkbook(ApiError):
    code = "import.workbook"
    zh = "无法读取此文件，请使用系统下载的 .xlsx 模板填写"
    en = "This is not a workbook made from the hub's template."
    status = 422


class WrongLines(ApiError):
    code = "import.lines"
    zh = "表格中有错误，未导入任何内容"
    en = "Some lines are wrong; nothing was imported."
    status = 422


class NotPlayable(ApiError):
    code = "recording.not-here"
    zh = "该录像片段暂时无法读取，正在从存储中恢复"
    en = "This piece of the recording can't be read at the moment."
    status = 503


class BadRange(ApiError):
    code = "recording.range"
    zh = "请求的字节范围无效"
    en = "The range can't be satisfied."
    status = 416


class NoIfMatch(ApiError):
    code = "media.if-match-missing"
    zh = "修改媒体会话须带 If-Match（RFC 9725 第 4.3.1 节）"
    en = "A change to a media session needs If-Match (RFC 9725 §4.3.1)."
    status = 428


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


class TooMuch(ApiError):
    code = "delivery.too-much"
    zh = "补传的录像超过上限，请把影片截短或降低清晰度后再交"
    en = "This is more than is taken of one device for one meeting; shorten the film or lower its quality."
    status = 413


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


class NoPosting(ApiError):
    code = "notice.no-list"
    zh = "此事项没有对外公示的内容，不能上墙上网"
    en = "Nothing is said of this matter in public: it has no list of fields."
    status = 422


class WrongNotice(ApiError):
    """`fields`: code and sentence of each."""

    code = "notice.fields"
    zh = "公示内容与该事项的公示项目不符，请检查标出的项目"
    en = "The notice doesn't keep to its matter's list of fields."
    status = 422


class PrivateNumbers(ApiError):
    """`fields` of a text or `places` of a table say where; the number itself is said nowhere."""

    code = "notice.private-number"
    zh = "内容中有身份证号、银行卡号或电话号码，一律不得公开，请删去后重试"
    en = "It holds a number of an ID card, a bank card or a telephone, which is never made public."
    status = 422


class BadAttachment(ApiError):
    code = "attachment.unreadable"
    zh = "无法检查此附件：只接受不含图片和宏、没有密码的 .xlsx、.docx、.csv 文件"
    en = "This attachment can't be looked through."
    status = 422


class BadPlanFile(ApiError):
    code = "plan.unfit"
    zh = "方案只接受 20 MB 以内的 PDF、.docx、.xlsx、JPG、PNG 文件，不能含宏、程序或嵌入的文件，不能加密码"
    en = "A plan is a PDF, .docx, .xlsx, JPG or PNG file of at most 20 MB, without macros, programs or a password."
    status = 422


class NoticeOver(ApiError):
    code = "notice.over"
    zh = "该公示已经结束或尚未开始"
    en = "This notice doesn't hang today."
    status = 409


class TooManyObjections(ApiError):
    code = "objection.too-many"
    zh = "今天收到的异议已达上限，请明天再提交，或直接向村务监督委员会提出"
    en = "As many objections were taken today as can be; come again tomorrow, or go to the supervision committee."
    status = 429


class ObjectionAnswered(ApiError):
    code = "objection.answered"
    zh = "该异议已经答复"
    en = "This objection was answered already."
    status = 409


class TemplateError(ApiError):
    """A mistake in a county's own template of a paper; the sentence names the file and the place."""

    code = "paper.template"
    zh = "本县的文书模板有误"
    en = "The county's template of this paper has a mistake."
    status = 409


class TemplateFormat(TemplateError):
    code = "paper.template-not-docx"
    zh = "本县的文书模板不是完好的 .docx 文件"
    en = "The county's template of this paper isn't a sound .docx file."


class TemplateMacro(TemplateError):
    code = "paper.template-macro"
    zh = "本县的文书模板含有宏、嵌入文件或外部引用，不能使用"
    en = "The county's template of this paper holds macros, embedded files or references outside of it."


class TemplateTooLarge(TemplateError):
    code = "paper.template-too-large"
    zh = "本县的文书模板过大"
    en = "The county's template of this paper is over its limit."


class TemplateField(TemplateError):
    code = "paper.template-field"
    zh = "本县的文书模板里有不认识的字段"
    en = "The county's template of this paper names a field that isn't there."


class TemplateWords(TemplateError):
    code = "paper.template-words"
    zh = "本县的文书模板里有不允许或写错的标记"
    en = "The county's template of this paper has a mark that isn't allowed or is written wrongly."


class PaperTooLong(ApiError):
    code = "paper.too-long"
    zh = "文书内容过多，无法生成文档"
    en = "This paper is too long for a document."
    status = 409


class PaperBusy(ApiError):
    code = "paper.busy"
    zh = "正在生成其他文书，请稍后再试"
    en = "Other documents are being made; try again in a moment."
    status = 503


class PlanOver(ApiError):
    code = "branch.quarter"
    zh = "只能报送本季度或下一季度的计划"
    en = "A plan is filed for this quarter or the next one."
    status = 422


class PlanReviewed(ApiError):
    code = "branch.reviewed"
    zh = "这一版计划已经审核，或者已有新的一版"
    en = "This version was reviewed already, or there is a newer one."
    status = 409


class ReasonMissing(ApiError):
    code = "branch.reason"
    zh = "退回计划须写明理由"
    en = "A plan is given back with reasons."
    status = 422


class OwnPlan(ApiError):
    code = "branch.own-plan"
    zh = "报送计划的人不能自己审核"
    en = "Who filed the plan doesn't review it."
    status = 403


class EntryMade(ApiError):
    code = "branch.entry-made"
    zh = "这一条计划已经安排了会议"
    en = "A meeting was made of this entry already."
    status = 409
