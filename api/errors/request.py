"""What a request itself is refused for: its body, its type, its address, its right; and the root of all refusals."""

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


class Taken(ApiError):
    code = "name.taken"
    zh = "名称或代码已被使用"
    en = "The name or code is taken."
    status = 409


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


class TooMuch(ApiError):
    code = "delivery.too-much"
    zh = "补传的录像超过上限，请把影片截短或降低清晰度后再交"
    en = "This is more than is taken of one device for one meeting; shorten the film or lower its quality."
    status = 413
