"""Refusals of what a county sets up: its rules, its units, lists of people, a branch's quarter."""

from api.errors.request import ApiError


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
