"""What storage refuses, each with a stable code, a sentence in two languages and an HTTP status."""


class StorageError(Exception):
    """A refusal or a part that is away. Subclasses fix code, sentences and status."""

    code = "storage.error"
    zh = "存储出错"
    en = "The storage could not do this."
    status = 500

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or self.en)
        self.detail = detail


class DatabaseBusy(StorageError):
    code = "database.busy"
    zh = "数据库正忙，请稍后再试"
    en = "The database is busy; please try again."
    status = 503


class DatabaseAway(StorageError):
    code = "database.away"
    zh = "数据库暂时连接不上，系统正在恢复"
    en = "The database cannot be reached."
    status = 503


class ReadOnly(StorageError):
    code = "database.read-only"
    zh = "程序错误：在只读会话中写入"
    en = "Something was written in a reading session."
    status = 500


class NotCanonical(StorageError):
    code = "ledger.not-canonical"
    zh = "内容不能写成规范格式（只允许文本、整数、布尔、空值、列表和对象）"
    en = "This value has no canonical form: only text, integers below 2^53, booleans, null, lists and objects have."
    status = 500


class NoSuchChain(StorageError):
    code = "ledger.no-such-chain"
    zh = "没有这条存证链"
    en = "There is no such chain."
    status = 404


class ChainClosed(StorageError):
    code = "ledger.chain-closed"
    zh = "存证链已经封闭，不能再追加"
    en = "This chain is closed; nothing is appended to it any more."
    status = 409


class ChainEmpty(StorageError):
    code = "ledger.chain-empty"
    zh = "存证链还没有记录，不能签名"
    en = "There is nothing in this chain to sign."
    status = 409


class ChainBroken(StorageError):
    code = "ledger.chain-broken"
    zh = "存证链与上次签名时不一致，可能被改动过，不再签名；请立即核查数据库"
    en = "A chain is not what was signed last: it was altered. It is not signed any more; examine the database at once."
    status = 500


class BadKey(StorageError):
    code = "keys.unreadable"
    zh = "签名密钥文件无法读取"
    en = "The signing key could not be read."
    status = 500


class KeyLost(StorageError):
    """Said at start, once for each key that nobody introduced."""

    code = "keys.lost"
    zh = "签名密钥丢失，已换用一把未经旧密钥交接的新密钥；请公布新公钥，旧公钥继续保留，并查明原因"
    en = (
        "The signing key is lost; a new one signs from now on, which no earlier key introduced. Publish it, keep the "
        "earlier ones published, and find out what happened."
    )
    status = 500


class KeyUnknown(StorageError):
    code = "keys.unknown"
    zh = "签名密钥文件不在，或其中不是本系统用过的密钥，暂停签名；请放回原来的文件"
    en = "The signing key's file is gone, or holds a key that never signed here: nothing is signed. Put it back."
    status = 500


class KeyRetired(StorageError):
    code = "keys.retired"
    zh = "签名密钥已经更换，旧密钥不能再签名"
    en = "The signing key was replaced; the old one signs nothing more."
    status = 409


class AlreadySealed(StorageError):
    code = "sealing.already-there"
    zh = "同名文件已经存在，不会覆盖"
    en = "A file of this name is already there; nothing is overwritten."
    status = 409


class NotOpen(StorageError):
    code = "sealing.not-open"
    zh = "文件已经封存或放弃，不能再写"
    en = "This file was sealed or abandoned; nothing is written to it any more."
    status = 500


class ObjectsAway(StorageError):
    code = "objects.away"
    zh = "归档存储暂时连接不上，录像先保存在本机"
    en = "The object store cannot be reached; recordings stay on this machine until it is back."
    status = 503


class ObjectsRefused(StorageError):
    code = "objects.refused"
    zh = "归档存储拒绝了操作"
    en = "The object store refused this."
    status = 502


class ReadBackDiffers(StorageError):
    code = "objects.read-back-differs"
    zh = "归档后回读的内容与原件不一致，将重新归档"
    en = "What was read back from the object store differs from what was sent."
    status = 502


class NoSuchObject(StorageError):
    code = "objects.no-such-object"
    zh = "归档存储中没有这个文件"
    en = "There is no such object, or no such version of it."
    status = 404


class ArchiveDamaged(StorageError):
    code = "archive.damaged"
    zh = "例行核验发现归档有缺失或被改动，请立即核查（huilu verify --archive）"
    en = "The sweep through the archive found something gone or altered; look into it at once (huilu verify --archive)."
    status = 500


class WebhookAway(StorageError):
    code = "webhook.away"
    zh = "消息通道暂时连接不上，恢复后自动补发"
    en = "The webhook cannot be reached; messages wait until it is back."
    status = 503


class WebhookRefused(StorageError):
    code = "webhook.refused"
    zh = "消息通道拒绝了消息，请检查网址、密钥和模板"
    en = "The webhook refused a message; look after its address, secret and template."
    status = 502


class MessagesBehind(StorageError):
    code = "webhook.behind"
    zh = "有消息发不出去，请检查消息通道"
    en = "Messages cannot be delivered; look after the webhook."
    status = 503


class LocksOverdue(StorageError):
    code = "locks.overdue"
    zh = "有录像的归档锁定没有按时延长，请检查归档存储和后台任务；锁定到期前必须处理"
    en = "Locks on stored recordings were not prolonged in time; look after the object store before they run out."
    status = 503


class LockedObjectGone(StorageError):
    code = "locks.object-gone"
    zh = "归档存储中有锁定的录像不见了或没有锁定，请立即核查"
    en = "A locked object is gone from the store, or has no lock; look into it at once."
    status = 500


class DoorOpen(StorageError):
    code = "canary.door-open"
    zh = "归档锁定试验不通过：有办法绕过锁定删除录像，请立即处理"
    en = "The lock canary found a way past the object lock; look into it at once."
    status = 500


class NothingToExport(StorageError):
    code = "export.nothing"
    zh = "没有这次会议，请核对会议编号"
    en = "There is no such meeting; please check its id."
    status = 404


class NeverRecorded(StorageError):
    code = "export.never-recorded"
    zh = "这次会议按规定或按选择没有录音录像，没有可导出的档案；议事记录可在网页上查看"
    en = "This meeting was not recorded, by its kind or by choice, so there is no archive."
    status = 409


class NotOpened(StorageError):
    code = "export.not-opened"
    zh = "这次会议没有召开过，还没有可导出的档案"
    en = "This meeting was never opened, so there is no archive yet."
    status = 409


class ExportIncomplete(StorageError):
    code = "export.incomplete"
    zh = "有录像分段既不在本机也不在归档存储，无法完整导出"
    en = "A segment is neither on this machine nor in the object store; the export would be incomplete."
    status = 503


class ExportFolderTaken(StorageError):
    code = "export.folder-taken"
    zh = "导出目录已经存在且不为空"
    en = "The export folder exists and is not empty."
    status = 409


class TimeSourceAway(StorageError):
    code = "clock.source-away"
    zh = "时间源（NTP）暂时没有答复，签名点先注明时钟未核对"
    en = "The time source (NTP) gives no answer; checkpoints say that the clock is not verified."
    status = 503


class TimeSourceRefused(StorageError):
    code = "clock.source-refused"
    zh = "时间源（NTP）的答复不能采用"
    en = "The answer of the time source (NTP) can't be used."
    status = 502


class StampAway(StorageError):
    code = "stamp.away"
    zh = "时间戳服务暂时连接不上，存证先不带时间戳，恢复后自动补上"
    en = "The time-stamping authority cannot be reached; checkpoints stand without a stamp until it is back."
    status = 503


class StampRefused(StorageError):
    """The authority answered, and not with a stamp that may be kept."""

    code = "stamp.refused"
    zh = "时间戳服务拒绝了请求"
    en = "The time-stamping authority refused the request."
    status = 502


class StampUnreadable(StampRefused):
    code = "stamp.unreadable"
    zh = "时间戳无法读取"
    en = "The time stamp can't be read."


class StampOfAnother(StampRefused):
    code = "stamp.of-another"
    zh = "时间戳盖的不是这个签名点"
    en = "The time stamp is over another checkpoint."


class StampReplayed(StampRefused):
    code = "stamp.replayed"
    zh = "时间戳答复的不是这次请求（随机数不符）"
    en = "The time stamp answers another request: its nonce is not ours."


class StampForged(StampRefused):
    code = "stamp.forged"
    zh = "时间戳的签名不成立"
    en = "The time stamp's signature doesn't hold."


class StampAlgorithm(StampRefused):
    code = "stamp.algorithm"
    zh = "时间戳所用的算法不受支持（支持 RSA、ECDSA、Ed25519 与 SHA-256、384、512）"
    en = "The time stamp uses an algorithm that is not supported (RSA, ECDSA, Ed25519 with SHA-256, 384, 512 are)."


class StampCertificate(StampRefused):
    code = "stamp.certificate"
    zh = "签时间戳的证书缺失、已过期，或不是时间戳专用证书"
    en = "The certificate behind the time stamp is missing, was not valid then, or is not one for time stamps alone."


class StampUntrusted(StampRefused):
    code = "stamp.untrusted"
    zh = "签时间戳的证书不是来自指定的时间戳机构"
    en = "The certificate behind the time stamp doesn't lead to the authority that is trusted."


class StampPolicy(StampRefused):
    code = "stamp.policy"
    zh = "时间戳的策略不是指定的策略"
    en = "The time stamp was made under another policy than the one that is asked for."


class StampTime(StampRefused):
    code = "stamp.time"
    zh = "时间戳的时间与本机时钟相差太多"
    en = "The time stamp's time is too far from this machine's clock."


class StampOverdue(StorageError):
    code = "stamp.overdue"
    zh = "有存证签名点超过一天没有拿到时间戳，请检查时间戳服务的地址和网络"
    en = "A checkpoint has waited for its time stamp for more than a day; check the authority's address and line."
    status = 503


class NoRoom(StorageError):
    code = "delivery.no-room"
    zh = "服务器上暂时没有空间接收补传的录像；设备上的录像会保留，稍后自动再传"
    en = "The hub has no room for this film at the moment; it stays on the device and is sent again by itself."
    status = 507


class PieceDiffers(StorageError):
    code = "delivery.piece-differs"
    zh = "收到的一段录像与其校验值不符，将重新传送"
    en = "A piece of the film isn't what its hash says; it will be sent again."
    status = 422


class PiecesMissing(StorageError):
    code = "delivery.pieces-missing"
    zh = "录像还没有传完"
    en = "Some pieces of the film have not come yet."
    status = 409


class StillSealing(StorageError):
    code = "delivery.sealing"
    zh = "录像已经传完，正在封存，请稍候"
    en = "The film is here and is being sealed; please wait a moment."
    status = 409
