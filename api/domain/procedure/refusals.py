"""Why an act isn't taken: it can't be true, or comes after the end; in the order in which they are asked."""

from api.errors.request import ApiError


class ActUnknown(ApiError):
    code = "act.unknown"
    zh = "没有这种操作"
    en = "There is no such act."
    status = 422


class ActForm(ApiError):
    code = "act.form"
    zh = "填写不完整，或有不属于此项的内容"
    en = "A field of the act is missing, foreign to it, or not of its kind."
    status = 422


class MatterUnknown(ApiError):
    code = "matter.unknown"
    zh = "目录中当日没有这个事项"
    en = "The catalogue of that day has no such matter."
    status = 422


class AlreadyBegun(ApiError):
    code = "decision.begun"
    zh = "议事记录已经建立"
    en = "The record has begun already."
    status = 409


class Guarantee(ApiError):
    code = "decision.guarantee"
    zh = (
        "村民委员会不得作担保（村民委员会组织法第十三条），集体经济组织负责人不得以集体财产为本人或者他人的债务提供担保"
        "（农村集体经济组织法第三十五条）；此事不能决定"
    )
    en = (
        "A villagers' committee may give no guarantee (A 13), and nobody may pledge the collective's property for his "
        "own or others' debts (B 35): this can't be decided."
    )
    status = 422


class AlreadyEnded(ApiError):
    code = "decision.ended"
    zh = "议事记录已经结束"
    en = "The record has ended."
    status = 409


class StepUnknown(ApiError):
    code = "step.unknown"
    zh = "该程序没有这个步骤"
    en = "The procedure has no such step."
    status = 422


class StepAct(ApiError):
    code = "step.act"
    zh = "这个步骤没有这种操作"
    en = "This is not how the step is done."
    status = 422


class ActBefore(ApiError):
    code = "act.before"
    zh = "日期早于其所依据的事项"
    en = "The day lies before the one that it follows."
    status = 422


class NotResolved(ApiError):
    code = "decision.not-resolved"
    zh = "尚未形成决议，不能办理决议之后的步骤"
    en = "Nothing is resolved yet that this step could follow."
    status = 409


class AlreadyResolved(ApiError):
    code = "decision.resolved"
    zh = "已经形成决议，如有变更请另立议事记录"
    en = "It is resolved; a change is a record of its own."
    status = 409


class AlreadyClosed(ApiError):
    code = "decision.closed"
    zh = "议事记录已经办结，只能更正"
    en = "The record is closed; it changes by corrections alone."
    status = 409


class MeetingUnknown(ApiError):
    code = "meeting.unknown"
    zh = "这次会议没有办理这个步骤"
    en = "This meeting has no part in the step."
    status = 404


class MeetingTwice(ApiError):
    code = "meeting.twice"
    zh = "这次会议已经登记"
    en = "This meeting is entered already."
    status = 409


class VoteUnknown(ApiError):
    code = "vote.unknown"
    zh = "没有这次表决"
    en = "There was no such vote."
    status = 422


class PlanUnknown(ApiError):
    code = "plan.unknown"
    zh = "没有这一版方案"
    en = "The plan has no such version."
    status = 422


class PostingUnknown(ApiError):
    code = "posting.unknown"
    zh = "当时没有张贴"
    en = "Nothing was posted there then."
    status = 409


class PostingTwice(ApiError):
    code = "posting.twice"
    zh = "已经张贴"
    en = "It hangs already."
    status = 409


class ObjectionUnknown(ApiError):
    code = "objection.unknown"
    zh = "没有这个编号的异议，或编号不连续"
    en = "There is no objection of this number, or it isn't the next."
    status = 422


class ObjectionTwice(ApiError):
    code = "objection.twice"
    zh = "该异议已经答复"
    en = "This objection is answered already."
    status = 409


class CorrectionUnknown(ApiError):
    code = "correction.unknown"
    zh = "没有这条记录，或者这条记录不能更正"
    en = "There is no such entry, or it is none that may be corrected."
    status = 422


class CorrectionSame(ApiError):
    code = "correction.same"
    zh = "更正后的内容与原来相同"
    en = "This is what the entry says already."
    status = 409


class CorrectionAlone(ApiError):
    code = "correction.alone"
    zh = "这项更正须由镇街和监督人员共同同意"
    en = "The township and the supervisor have to agree to this correction together."
    status = 409
