"""What keeps a command from running, each with a stable code, a sentence in two languages and an exit status."""


class OpsError(Exception):
    """Something on this machine is not as it must be. Exit status 2 is "could not run", as with `huilu verify`."""

    code = "ops.error"
    zh = "命令未能执行"
    en = "The command could not run."
    exit_status = 2

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or self.en)
        self.detail = detail

    def sentence(self) -> str:
        """One line for a terminal."""
        return f"{self.zh} / {self.en} {f'({self.detail}) ' if self.detail else ''}[{self.code}]"


class BadSetting(OpsError):
    code = "ops.bad-setting"
    zh = "设置有误"
    en = "A setting cannot be used."


class PortBusy(OpsError):
    code = "ops.port-busy"
    zh = "端口已被占用，请换一个端口或先停止占用它的程序"
    en = "The port is taken; choose another one or stop the program that holds it."


class AddressMissing(OpsError):
    code = "ops.address-missing"
    zh = "本机没有这个地址"
    en = "This machine has no such address."


class HubRunning(OpsError):
    code = "ops.hub-running"
    zh = "此数据目录已有系统在运行"
    en = "A hub is already running on this data folder."


class NoHub(OpsError):
    code = "ops.no-hub"
    zh = "此数据目录没有运行中的系统"
    en = "No hub is running on this data folder."


class PartMissing(OpsError):
    code = "ops.part-missing"
    zh = "缺少必需的组件，请重新安装"
    en = "A needed part is not installed; please install again."


class BadFolder(OpsError):
    code = "ops.bad-folder"
    zh = "无法写入此文件夹"
    en = "This folder can't be written to."


class NoRules(OpsError):
    code = "ops.no-rules"
    zh = "没有可读的规则文件（*.toml，最多 20 个）"
    en = "There are no files of rules to read (*.toml, at most 20)."


class NotHealthy(OpsError):
    code = "ops.not-healthy"
    zh = "有组件在限定时间内未能就绪，请查看日志"
    en = "A part did not become healthy in time; see its log."


class BadCertificate(OpsError):
    code = "ops.bad-certificate"
    zh = "证书或私钥不能使用"
    en = "The certificate or its key cannot be used."


class NoSuchAccount(OpsError):
    code = "ops.no-such-account"
    zh = "没有这个账号"
    en = "There is no such account."


class NothingGiven(OpsError):
    code = "ops.nothing-given"
    zh = "命令缺少参数"
    en = "The command needs one more word."


class BadWorkbook(OpsError):
    code = "ops.bad-workbook"
    zh = "表格无法读取"
    en = "The workbook cannot be read."


class BenchFailed(OpsError):
    code = "ops.bench-failed"
    zh = "测量未能进行"
    en = "The measurement could not be made."


class DemoFailed(OpsError):
    code = "ops.demo-failed"
    zh = "演示未通过"
    en = "The demonstration did not hold."
    exit_status = 1


class CannotMount(OpsError):
    code = "ops.cannot-mount"
    zh = "需要管理员（root）权限才能挂载试验用的小磁盘"
    en = "A small disk for the trial can be mounted by root only."


class CannotStep(OpsError):
    code = "ops.cannot-step"
    zh = "需要 C 编译器才能单独拨动试验进程的时钟"
    en = "The clock of the trial's processes can be stepped only where there is a C compiler."


class ChaosFailed(OpsError):
    code = "ops.chaos-failed"
    zh = "混沌试验没有进行下去"
    en = "The meeting of the trial came to nothing."
