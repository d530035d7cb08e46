"""Refusals of acts on decision records: entries, corrections, minutes, plan files, affairs found outside."""

from api.errors.request import ApiError


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


class AffairStruck(ApiError):
    code = "outside.struck"
    zh = "该体外事项已注明登记有误"
    en = "This affair is struck already."
    status = 409


class BadPlanFile(ApiError):
    code = "plan.unfit"
    zh = "方案只接受 20 MB 以内的 PDF、.docx、.xlsx、JPG、PNG 文件，不能含宏、程序或嵌入的文件，不能加密码"
    en = "A plan is a PDF, .docx, .xlsx, JPG or PNG file of at most 20 MB, without macros, programs or a password."
    status = 422
