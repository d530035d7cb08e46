"""Refusals at signing in, of accounts, second factors and substitutes."""

from api.errors.request import ApiError


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
