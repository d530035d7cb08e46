"""The first steps of a verification: is the folder whole, who signed its lists, and is every file what they say."""

from pathlib import Path

from storage import bag
from storage.canonical import read_canonical
from storage.errors import BadKey, NotCanonical
from storage.keys import ALGORITHM, key_id, load_public, verifies
from storage.verify_check import Check, CouldNotRun, walk


def step_1_whole(check: Check) -> int:
    walk(check)
    present = [name for name in (bag.BAGIT, bag.MANIFEST, bag.TAG_MANIFEST, bag.SIGNATURE) if name in check.files]
    if len(present) < 2:
        raise CouldNotRun("这不是会录导出的归档夹", "this is not a folder that huilu exported")
    for name in (bag.BAGIT, bag.BAG_INFO, bag.MANIFEST, bag.TAG_MANIFEST, bag.SIGNATURE):
        if name not in check.files:
            check.found(1, "file.missing", name, "缺失", "is missing")
    try:
        meeting = read_canonical(check.read(bag.MEETING))
        check.meeting = meeting if isinstance(meeting, dict) else {}
    except NotCanonical:
        pass  # step 4 finds it altered or missing
    return len(check.files)


def step_2_signature(check: Check) -> int:
    for path in sorted(check.files):
        if path.startswith(f"{bag.KEYS}/"):
            name = Path(path).stem
            try:
                public: bytes | None = load_public(check.read(path))
            except BadKey:
                public = None
            check.keys[name] = public if public is not None and key_id(public) == name else None
            if check.keys[name] is None:
                check.found(2, "key.altered", path, "公钥被改动", "the public key was altered")
    if bag.SIGNATURE not in check.files or bag.TAG_MANIFEST not in check.files:
        return 0
    problem = _signature(check)
    if problem == bag.TAG_MANIFEST:
        check.tag_manifest_holds = False
        _list_altered(check, 2, bag.TAG_MANIFEST)
    elif problem:
        check.found(2, "signature.altered", problem, "签名不成立", "the signature doesn't hold")
    return 1


def _signature(check: Check) -> str | None:
    """Which of the two files is not what was signed."""
    try:
        content = read_canonical(check.read(bag.SIGNATURE))
        at, algorithm, key, stated = (content[name] for name in ("at", "algorithm", "key_id", "tagmanifest"))
        signature = bytes.fromhex(content["signature"])
        if signature.hex() != content["signature"]:  # the same bytes written in another way
            return bag.SIGNATURE
        heads = content.get("chains")
        form = content["format"]
        formats = {bag.FIRST_FORMAT: (6, None), 2: (7, heads), bag.FORMAT: (7, heads)}
        if formats.get(form) != (len(content), heads) or algorithm != ALGORITHM:
            return bag.SIGNATURE
        if key in check.keys and check.keys[key] is None:
            return None  # follows from the damaged key
        public = check.keys[key] or b""
        actual = check.files[bag.TAG_MANIFEST][1]
        holds = {
            each: verifies(public, signature, bag.signed_bytes(each, at, algorithm, key, heads, form))
            for each in {stated, actual}
        }
    except (NotCanonical, KeyError, TypeError, ValueError):
        return bag.SIGNATURE
    if not holds[stated]:
        return bag.SIGNATURE
    check.signature = content
    return None if holds[actual] else bag.TAG_MANIFEST


def _list_altered(check: Check, step: int, name: str) -> None:
    """One finding for a list that was touched, with the lines that no longer agree with the folder."""
    lines = [line for line in bag.read_manifest(check.read(name)) if not _agrees(check, line)]
    numbers = ", ".join(str(line.number) for line in lines)
    about = ", ".join(line.path for line in lines if line.path)
    check.found(
        step,
        "manifest.altered",
        name,
        f"清单被改动；与文件不符的行：{numbers or '无'}{f'（{about}）' if about else ''}",
        f"the list was altered; lines that don't agree with the folder: {numbers or 'none'}"
        + (f" ({about})" if about else ""),
        lines[0].number if lines else None,
    )


def _agrees(check: Check, line: bag.ManifestLine) -> bool:
    return line.path in check.files and check.files[line.path][1] == line.sha256


def step_3_lists(check: Check) -> int:
    if not check.tag_manifest_holds or bag.TAG_MANIFEST not in check.files:
        return 0
    listed = {line.path: line for line in bag.read_manifest(check.read(bag.TAG_MANIFEST))}
    for path, line in listed.items():
        if path not in check.files:
            if path not in (bag.BAGIT, bag.BAG_INFO, bag.MANIFEST):  # else found in step 1
                check.found(3, "file.missing", path, "缺失", "is missing")
        elif not _agrees(check, line):
            if path == bag.MANIFEST:
                check.manifest_holds = False
                _list_altered(check, 3, path)
            else:
                check.found(3, "file.altered", path, "被改动", "was altered")
    for path in sorted(check.files):
        outside = not path.startswith(f"{bag.DATA}/") and path not in (bag.TAG_MANIFEST, bag.SIGNATURE)
        if outside and path not in listed:
            check.found(3, "file.unlisted", path, "不在清单上", "is on no list")
    return len(listed)


def step_4_files(check: Check) -> int:
    if not check.manifest_holds or bag.MANIFEST not in check.files:
        return 0  # chains, checkpoints and segments still prove themselves below
    listed = {line.path: line for line in bag.read_manifest(check.read(bag.MANIFEST))}
    for path, line in listed.items():
        if path not in check.files:
            check.found(4, "file.missing", path, "缺失", "is missing")
        elif not _agrees(check, line):
            check.found(4, "file.altered", path, "被改动", "was altered")
    for path in sorted(check.files):
        if path.startswith(f"{bag.DATA}/") and path not in listed:
            check.found(4, "file.unlisted", path, "不在清单上，是后来添加的", "is on no list: it was added later")
    return len(listed)
