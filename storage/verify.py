"""Check an exported folder, with no network and no database: numbered steps, each tied to the attack that it stops.

Reads the folder and nothing else, changes nothing, and needs only Python and `cryptography`, so an outsider can run
it alone: `python -m storage.verify FOLDER`. It says which segment, which line, which decision was touched; a file is
named once, by the most precise finding. What a sound folder proves, and what it can't, is in SECURITY.md.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from storage import stamp_certificates
from storage.canary_seen import canary_in
from storage.chained import CheckpointRecord
from storage.errors import BadKey, NotCanonical, StampCertificate
from storage.keys import load_public
from storage.paper import QR, read_code, read_qr, short_code
from storage.verify_check import Check, ClockSeen, CouldNotRun, Progress
from storage.verify_report import Report, Step, as_json, as_text
from storage.verify_steps import ORDER


def verify_folder(
    folder: Path,
    trust: bytes | Sequence[bytes] | None = None,
    authority: bytes | None = None,
    progress: Progress | None = None,
    sm3: bool = False,
    codes: Sequence[str] = (),
) -> Report:
    """Check all of it. `trust` are public keys (PEM) that the caller got from elsewhere, `authority` certificates (PEM)
    of the time-stamping authority; `progress` is told of each file how many bytes it has, and those of all; `sm3`:
    compute that hash again as well; `codes`: from paper records, typed or read off a QR code. Raises CouldNotRun."""
    trusted = _trusted([trust] if isinstance(trust, bytes) else trust)
    check = Check(folder, trusted, _authorities(authority), progress, sm3, [_code(each) for each in codes])
    checked = sorted((number, step(check)) for number, step in ORDER)
    precise = {finding.path for finding in check.findings if finding.step > 4 or finding.code.startswith("key.")}
    findings = [each for each in check.findings if not (each.code == "file.altered" and each.path in precise)]
    steps = [Step(number, count, [each for each in findings if each.step == number]) for number, count in checked]
    return Report(
        folder,
        steps,
        check.signature.get("key_id"),
        check.signature.get("at"),
        check.trusted,
        check.withheld,
        check.meeting.get("id"),
        check.stamps,
        check.deleted,
        [seen for parent, reading in check.chains.items() if (seen := canary_in(parent, reading)) is not None],
        [_clock(parent, records) for parent, records in check.checkpoints.items() if records],
        check.unstamped,
        check.codes_seen,
    )


def _clock(parent: str, records: Sequence[CheckpointRecord]) -> ClockSeen:
    stated = [abs(int(each.clock["offset_us"])) for each in records if isinstance(each.clock, dict)]
    return ClockSeen(parent, len(stated), len(records), max(stated, default=0))


def _trusted(pems: Sequence[bytes] | None) -> tuple[bytes, ...] | None:
    if pems is None:
        return None
    try:
        return tuple(load_public(pem) for pem in pems)
    except BadKey as error:
        raise CouldNotRun("--trust 给出的公钥无法读取", f"the key given with --trust can't be read: {error}") from error


def _code(text: str) -> str | CheckpointRecord:
    try:
        if not text.lstrip().startswith(QR):
            return read_code(text)
        checkpoint = read_qr(text)
        short_code(checkpoint)
        return checkpoint
    except (ValueError, NotCanonical) as error:
        raise CouldNotRun(f"--code 不是校验码：{text}", f"what --code gives is no code: {text}") from error


def _authorities(pem: bytes | None) -> tuple[bytes, ...] | None:
    if pem is None:
        return None
    try:
        return tuple(each.public_bytes(Encoding.DER) for each in stamp_certificates.load_all(pem))
    except StampCertificate as error:
        raise CouldNotRun(
            "--authority 给出的证书无法读取", f"the certificates given with --authority can't be read: {error}"
        ) from error


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="huilu verify",
        description="核验导出的归档夹，不需要网络和数据库。Check an exported folder, with no network and no database.",
        epilog="退出码 exit status: 0 可信 sound, 1 发现问题 findings, 2 无法核验 could not run.",
    )
    made.add_argument("folder", type=Path, metavar="FOLDER", help="归档夹 the exported folder")
    made.add_argument(
        "--trust",
        type=Path,
        metavar="KEY",
        action="append",
        help="县里公布的公钥文件，可多次给出 a public key (PEM) you trust; may be given several times",
    )
    made.add_argument(
        "--authority",
        type=Path,
        metavar="CERTIFICATE",
        help="信任的时间戳机构证书文件 certificates (PEM) of a time-stamping authority you trust",
    )
    made.add_argument(
        "--sm3", action="store_true", help="再计算国密 SM3，约慢五倍 compute SM3 again as well: five times slower"
    )
    made.add_argument(
        "--code",
        metavar="CODE",
        action="append",
        default=[],
        help="纸质记录上的校验码或二维码文字，可多次给出 "
        "a code from a paper record, or its QR code's text: which checkpoint has it; may be given several times",
    )
    made.add_argument("--json", action="store_true", help="以 JSON 输出 print the report as JSON")
    made.add_argument("--english", action="store_true", help="英文输出 print in English")
    return made


def main(argv: Sequence[str]) -> int:
    arguments = parser().parse_args(argv)
    try:
        trust = [each.read_bytes() for each in arguments.trust] if arguments.trust else None
        authority = arguments.authority.read_bytes() if arguments.authority else None
        report = verify_folder(arguments.folder, trust, authority, _progress(), arguments.sm3, arguments.code)
    except (CouldNotRun, OSError) as error:
        zh, en = (error.zh, error.en) if isinstance(error, CouldNotRun) else (str(error), str(error))
        if arguments.json:
            print(json.dumps({"sound": None, "error": {"zh": zh, "en": en}}, ensure_ascii=False))
        print(en if arguments.english else zh, file=sys.stderr)
        return 2
    print(as_json(report) if arguments.json else as_text(report, arguments.english))
    return 0 if report.sound else 1


def _progress() -> Progress | None:
    """A line on the terminal while files are hashed, which is nearly all of the time; none where nobody looks."""
    if not sys.stderr.isatty():
        return None
    seen = shown = 0

    def show(size: int, total: int) -> None:
        nonlocal seen, shown
        seen += size
        percent = seen * 100 // max(total, 1)
        if percent > shown:
            shown = percent
            end = "\n" if percent == 100 else ""
            print(f"\r{percent:3d} %  {seen / 1e6:.0f} / {total / 1e6:.0f} MB", end=end, file=sys.stderr, flush=True)

    return show


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
