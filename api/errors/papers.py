"""Refusals of what is printed or hangs in public."""

from api.errors.request import ApiError


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


class TableUnfit(ApiError):
    code = "notice.table-unfit"
    zh = "公示附表须是 .xlsx、.docx 或 .csv 文件，每个不超过 5 MB，文件名不超过 60 个字、不重名、不含特殊符号"
    en = "A notice's table is an .xlsx, .docx or .csv file of at most 5 MB, with a plain name of at most 60 characters."
    status = 422


class TooManyTables(ApiError):
    code = "notice.too-many-tables"
    zh = "一项公示最多附 3 个表格"
    en = "A notice carries three tables at most."
    status = 422


class NoticesOwn(ApiError):
    code = "notice.its-own"
    zh = "此项以系统公示张贴，请在该公示上取下或书面答复异议"
    en = "It hangs as a notice: it is taken off, and an objection answered in writing, there."
    status = 409


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


class PhotoUnfit(ApiError):
    code = "photo.unfit"
    zh = "这不是可以接收的照片：只接受 20 MB、5000 万像素以内的 JPEG 或 PNG 图片"
    en = "This is no photograph that is taken here: JPEG or PNG, of at most 20 MB and 50 million pixels."
    status = 422


class PhotoBusy(ApiError):
    code = "photo.busy"
    zh = "正在识别其他照片，请稍后再试"
    en = "Other photographs are being looked at; try again in a moment."
    status = 503


class PageNoCode(ApiError):
    code = "page.no-code"
    zh = "照片上没有找到页上的二维码，请重拍（整页入镜、拍清楚），或手工选择是哪一页"
    en = "No page's code is to be seen on the photograph; take it again, or say which page it is."
    status = 422


class PageForeignCode(ApiError):
    code = "page.foreign-code"
    zh = "照片上的二维码不是本系统文书的页码，请重拍，或手工选择是哪一页"
    en = "The code on the photograph is none of a page printed here; take it again, or say which page it is."
    status = 422


class PageBrokenCode(ApiError):
    code = "page.broken-code"
    zh = "这一页的二维码校验不符，请手工选择是哪一页"
    en = "The page's code is not as it was printed; say which page it is."
    status = 422


class PageNoNumber(ApiError):
    """`kind` and `subject` say of which paper."""

    code = "page.no-number"
    zh = "这是以前打印的文书，二维码里没有页码，请手工选择是第几页"
    en = "It was printed before pages had numbers; say which page it is."
    status = 422


class PageSeveral(ApiError):
    code = "page.several"
    zh = "照片上有不止一页，请一页一页地拍"
    en = "More than one page is on the photograph; take one at a time."
    status = 422


class PageAnother(ApiError):
    code = "page.another"
    zh = "照片上的二维码是另一页的，不能作为所选的这一页交回，请核对"
    en = "By the code on the photograph it is another page than the one that was said."
    status = 422


class PageUsed(ApiError):
    code = "page.used"
    zh = "这张照片已经作为另一页交回，请给每一页各拍一张"
    en = "This photograph came in as another page already; take one of each page."
    status = 409


class PageUnknown(ApiError):
    code = "page.unknown"
    zh = "这一页所属的文书不在本系统中，或您无权查看"
    en = "The paper of this page isn't here, or isn't yours to see."
    status = 404


class PaperChanged(ApiError):
    code = "paper.changed"
    zh = "文书在您看过以后又有改动，请重新看过再签"
    en = "The paper was changed after you had read it; read it again before you sign."
    status = 409


class NotSignedHere(ApiError):
    code = "paper.not-signed-here"
    zh = "这份文书（或这一处）不在屏幕上签字"
    en = "This paper, or this place of it, isn't signed on a screen."
    status = 409


class SignerUnknown(ApiError):
    code = "signature.nobody"
    zh = "签字的人不在本次会议的名册上"
    en = "Who signs isn't on the meeting's roster."
    status = 422


class SignatureEmpty(ApiError):
    code = "signature.empty"
    zh = "还没有签字"
    en = "Nothing was written."
    status = 422
