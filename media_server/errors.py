"""What the relay refuses, each with a stable code, a sentence in two languages and an HTTP status."""


class RelayError(Exception):
    """Bad input from the other side, or a part that is away. Subclasses fix code, sentences and status."""

    code = "relay.error"
    zh = "媒体中继出错"
    en = "The relay could not do this."
    status = 500

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or self.en)
        self.detail = detail


class BadOffer(RelayError):
    code = "media.bad-offer"
    zh = "浏览器发来的媒体描述有误，请刷新页面重试"
    en = "The session description could not be read."
    status = 400


class NoCommonCodec(RelayError):
    code = "media.no-common-codec"
    zh = "此浏览器的视频格式（H.264、VP8）都用不了，请改用 360、奇安信、Edge、Chrome 或 Safari 浏览器的新版本"
    en = "This browser has neither H.264 nor VP8; please use a current Chrome, Edge, Firefox or Safari."
    status = 406


class NoSuchSession(RelayError):
    code = "media.no-such-session"
    zh = "媒体会话不存在或已经结束，正在重新进入"
    en = "There is no such media session, or it has ended."
    status = 404


class IceChanged(RelayError):
    code = "media.ice-changed"
    zh = "连接已经换过，请重新连接"
    en = "The session's ICE credentials are no longer those that were named; restart instead."
    status = 412


class RelayFull(RelayError):
    code = "media.relay-full"
    zh = "媒体中继已满，请稍后再试"
    en = "The relay takes no more sessions."
    status = 503


class NoNativeFanout(RelayError):
    code = "media.no-native-fanout"
    zh = "设置要求使用原生转发模块，但它没有编译或不能用；请安装 C 编译器后重新安装，或去掉 fanout 设置"
    en = (
        "The native fan-out is asked for and not there; install a C compiler and Huilu again, or leave the setting out."
    )
    status = 500


class NoAnswer(RelayError):
    code = "bus.no-answer"
    zh = "服务暂时没有应答，系统正在恢复，请稍候"
    en = "A part of the system does not answer; it is being restarted."
    status = 503


class BadMessage(RelayError):
    code = "bus.bad-message"
    zh = "系统内部消息有误"
    en = "A message on the bus could not be read."
    status = 500
