"""What a verification comes to, for people and for programs: numbered steps with their findings, and what was seen."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from storage import bag
from storage.canary_seen import CanarySeen
from storage.deletion_check import DeletedSeen
from storage.verify_check import ClockSeen, CodeSeen, Finding, StampSeen, Withheld
from storage.verify_steps import STEPS

LATE_S = 24 * 3600  # beyond that the difference is said; an authority may have been away for hours


@dataclass(slots=True)
class Step:
    number: int
    checked: int = 0
    findings: list[Finding] = field(default_factory=list)


@dataclass(slots=True)
class Report:
    folder: Path
    steps: list[Step]
    key_id: str | None  # of who signed the export
    signed_at: str | None
    trusted: bool | None  # None: no key was given to compare with
    withheld: list[Withheld]  # payloads that are withheld or erased
    meeting: str | None
    stamps: list[StampSeen]
    deleted: list[DeletedSeen]  # recordings whose media were deleted at the end of their term
    canaries: list[CanarySeen]  # what each recording's chain says of the store's locks
    clocks: list[ClockSeen]  # what each chain's checkpoints state of the hub's clock
    unstamped: list[str]  # folders of chains that nobody else than the hub dates
    codes: list[CodeSeen]  # from paper, and the checkpoints that have them

    @property
    def findings(self) -> list[Finding]:
        return [finding for step in self.steps for finding in step.findings]

    @property
    def sound(self) -> bool:
        return not self.findings


def as_json(report: Report) -> str:
    return json.dumps(
        {
            "folder": str(report.folder),
            "sound": report.sound,
            "meeting": report.meeting,
            "key_id": report.key_id,
            "signed_at": report.signed_at,
            "trusted": report.trusted,
            "withheld": [asdict(each) for each in report.withheld],
            "stamps": [asdict(stamp) for stamp in report.stamps],
            "deleted": [asdict(each) for each in report.deleted],
            "canaries": [asdict(each) for each in report.canaries],
            "clocks": [asdict(each) for each in report.clocks],
            "unstamped": report.unstamped,
            "codes": [asdict(each) for each in report.codes],
            "steps": [
                {
                    "number": step.number,
                    "zh": STEPS[step.number][0],
                    "en": STEPS[step.number][1],
                    "checked": step.checked,
                    "findings": [asdict(finding) for finding in step.findings],
                }
                for step in report.steps
            ],
        },
        ensure_ascii=False,
        indent=1,
    )


def as_text(report: Report, english: bool) -> str:
    """The numbered steps, what each stops, and the verdict in the last lines."""
    lines = []
    for step in report.steps:
        zh, en, attack_zh, attack_en = STEPS[step.number]
        mark = "✗" if step.findings else "–" if step.checked == 0 else "✓"
        title, stops = (en, f"stops: {attack_en}") if english else (zh, f"防：{attack_zh}")
        lines.append(f"{step.number:>2} {mark} {title} [{step.checked}]  {stops}")
        lines += [f"     {finding.code}  {finding.en if english else finding.zh}" for finding in step.findings]
    lines += _withheld(report, english)
    for each in report.deleted:
        lines.append(
            f"The media of {each.recording} ({each.segments} segments, {each.bytes} bytes) were deleted at the end of "
            f"their term: proposed by {each.proposed}, confirmed by {each.confirmed} at {each.at}: {each.reason} "
            f"(entry {each.entry} of the hub's chain {each.chain})"
            if english
            else f"录像 {each.recording}（{each.segments} 段，{each.bytes} 字节）已按保管期限删除："
            f"{each.proposed} 提议，{each.confirmed} 于 {each.at} 确认；理由：{each.reason}"
            f"（系统存证链 {each.chain} 第 {each.entry} 条）"
        )
    if report.key_id and report.trusted is None:
        lines.append(
            f"Signed by key {report.key_id}: compare it with the one that the county publishes, or give --trust."
            if english
            else f"签名密钥编号 {report.key_id}：请与县里公布的编号核对，或用 --trust 指定公钥。"
        )
    lines += [_canary(each, english) for each in report.canaries]
    lines += _clocks(report, english)
    lines += _stamps(report, english)
    for seen in report.codes:
        chain = seen.path.removeprefix("data/")
        lines.append(
            f"Code {seen.code}: {chain}, entries 1 to {seen.seq} of {seen.of}, signed at {seen.at}."
            if english
            else f"校验码 {seen.code}：{chain}，第 1 至 {seen.seq} 条（现共 {seen.of} 条），{seen.at} 签名。"
        )
    count = len(report.findings)
    if english:
        lines.append("Sound." if report.sound else f"NOT sound: {count} finding{'s' * (count > 1)}.")
    else:
        lines.append("结论：可信。" if report.sound else f"结论：不可信，发现 {count} 处问题。")
    return "\n".join(lines)


REASONS = {
    "restricted": ("限制查看，未提供", "withheld, of a restricted part"),
    "secluded": ("已封存，未提供", "withheld, secluded by two persons"),
    "erased": ("已依法删除", "erased"),
    "unknown": ("未提供或已依法删除", "withheld or erased"),
}


def _withheld(report: Report, english: bool) -> list[str]:
    """Each entry whose payload is not here, by its number; the chain around it was proved whole all the same."""
    lines = []
    for path, reason in sorted({(each.path, each.reason) for each in report.withheld}):
        numbers = [each.seq for each in report.withheld if (each.path, each.reason) == (path, reason)]
        chain, (zh, en) = path.removeprefix("data/").removesuffix(f"/{bag.CHAIN}"), REASONS[reason]
        lines.append(
            f"{chain}: {len(numbers)} payloads {en}, entries {_ranges(numbers, ', ')}; the chain holds without them."
            if english
            else f"{chain}：{len(numbers)} 条记录的内容{zh}（第 {_ranges(numbers, '、')} 条），不影响存证链。"
        )
    return lines


def _ranges(numbers: list[int], between: str) -> str:
    """1–3, 5"""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1] = [runs[-1][0], number]
        else:
            runs.append([number])
    return between.join("–".join(map(str, run)) for run in runs)


def _canary(seen: CanarySeen, english: bool) -> str:
    """Whether the store was found to hold its locks when the recording was closed."""
    chain = seen.path.removeprefix("data/")
    if seen.at is None:
        return (
            f"{chain}: the store's lock had not been tried yet."
            if english
            else f"{chain}：归档锁定当时还没有做过试验。"
        )
    if seen.held:
        return (
            f"{chain}: the store's lock was tried at {seen.at}: all {seen.tried} ways past it were refused."
            if english
            else f"{chain}：归档锁定于 {seen.at} 做过试验，{seen.tried} 种绕过办法均被拒绝。"
        )
    doors = [*(f"{each} (open)" for each in seen.open), *(f"{each} (not tried)" for each in seen.unknown)]
    named = ", ".join(doors) or "-"
    return (
        f"{chain}: the store's lock was tried at {seen.at} and did NOT hold, or not all of it could be tried: {named}."
        if english
        else f"{chain}：归档锁定于 {seen.at} 试验未通过或未试全：{named}。"
    )


def _clocks(report: Report, english: bool) -> list[str]:
    """How far the hub's clock was off by its own checkpoints: the times of all entries are this clock's."""
    lines = []
    for each in report.clocks:
        chain, worst = each.path.removeprefix("data/"), f"{each.worst_us / 1e6:.3f}"
        if each.stated == 0:
            line = f"{chain}: the hub's clock was not verified." if english else f"{chain}：系统时钟未核对。"
        elif english:
            line = f"{chain}: {each.stated} of {each.of} checkpoints state the clock, at most {worst} s off its source."
        else:
            line = f"{chain}：{each.of} 个签名点中 {each.stated} 个核对过时钟，与时间源最多相差 {worst} 秒。"
        lines.append(line)
    return lines


def _stamps(report: Report, english: bool) -> list[str]:
    """Each chain's last stamp, and what no stamp covers."""
    last = {stamp.path.rpartition("/")[0]: stamp for stamp in report.stamps}
    lines = []
    for folder, stamp in last.items():
        chain = folder.removeprefix("data/").removesuffix("/stamps")
        line = (
            f"{chain}: entries 1 to {stamp.seq} stamped by {stamp.authority} at {stamp.at}"
            if english
            else f"{chain}：第 1 至 {stamp.seq} 条，{stamp.authority} 于 {stamp.at} 盖时间戳"
        )
        if abs(stamp.late_s) >= LATE_S:
            line += (
                f"; the hub's own clock said {stamp.checkpoint_at}: nothing from outside speaks of that time"
                if english
                else f"；系统自己记的是 {stamp.checkpoint_at}，该时间没有外部证明"
            )
        lines.append(line + ("." if english else "。"))
    for certificate in sorted({stamp.certificate for stamp in report.stamps if stamp.trusted is None}):
        lines.append(
            f"Stamps by certificate {certificate}: compare it with what the authority publishes, or give --authority."
            if english
            else f"时间戳证书 SHA-256 {certificate}：请与该机构公布的核对，或用 --authority 指定证书。"
        )
    for folder in report.unstamped:
        chain = folder.removeprefix("data/")
        lines.append(
            f"{chain}: no stamp; its times are the hub's own clock's."
            if english
            else f"{chain}：没有时间戳，时间以系统自己的时钟为准。"
        )
    return lines
