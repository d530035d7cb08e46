"""The step of a verification that computes SM3 (GB/T 32905) again, where it is asked for.

It is a step by choice, because it takes five times as long as SHA-256 and shows little more: the same signed entry
holds both, computed from the same bytes in the same moment, so a file with that SHA-256 is the one that was sealed. It
shows that the archive's SM3 values are right, for whoever must rely on these alone, or no longer on SHA-256.
"""

from storage.hashes import of_files, sm3_file
from storage.verify_check import Check

STEP = 13


def step_13_sm3(check: Check) -> int:
    if not check.sm3:
        return 0
    # What SHA-256 has found altered is altered.
    stated = check.stated | check.filed
    paths = [path for path, said in stated.items() if check.files.get(path, ("", ""))[1] == said.get("sha256")]
    for path, sm3 in zip(paths, of_files(sm3_file, [check.folder / path for path in paths]), strict=True):
        if sm3 != stated[path].get("sm3"):
            code = "filed.sm3-differs" if path in check.filed else "segment.sm3-differs"
            check.found(STEP, code, path, "SM3 与存证链所记的不同", "its SM3 is not what its entry says")
    return len(paths)
