"""The export's outer form: a BagIt bag (RFC 8493) whose list of lists is signed.

    bagit.txt                 says that it is a bag (§2.1.1)
    bag-info.txt              what it is and who made it (§2.2.2)
    manifest-sha256.txt       the hash of each file below data/ (§2.1.3)
    tagmanifest-sha256.txt    the hash of each of the three above (§2.2.1)
    huilu-signature.json      the hub's signature over tagmanifest-sha256.txt, and thereby over every byte, and over
                              where each chain ended, so that one which was rolled back is named
    data/                     everything else

Any BagIt tool checks the hashes; `storage.verify` checks the signature, the chains and what they say.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from storage.canonical import canonical_bytes

BAGIT = "bagit.txt"
BAG_INFO = "bag-info.txt"
MANIFEST = "manifest-sha256.txt"
TAG_MANIFEST = "tagmanifest-sha256.txt"
SIGNATURE = "huilu-signature.json"
DATA = "data"

MEETING = "data/meeting.json"
WITHHELD = "data/withheld.json"  # {chain: {seq: why}}; only where there is any
RESTRICTED, SECLUDED, ERASED = "restricted", "secluded", "erased"
PAGE = "data/index.html"
RECORDINGS = "data/recordings"
DECISIONS = "data/decisions"
DELIVERIES = "data/deliveries"  # of each recording, what came from a device or later
MEDIA = "data/media"
FILED = "data/filed"  # plans, notices' tables and signed pages, each called by the id that its entry gives it
KEYS = "data/keys"
SUCCESSIONS = "data/successions.jsonl"  # how each key introduced the next (storage.succession)
AUTHORITIES = "data/authorities"
CHAIN = "chain.jsonl"
DELETIONS = "deletions.jsonl"  # of a recording: the hub's word that its media were deleted (storage.deletions)
DECISION = "decision.json"
CHECKPOINTS = "checkpoints.jsonl"
STAMPS = "stamps"  # a folder beside each chain; a token is called by its checkpoint's number
TOKEN = ".tst"

FORMAT = 3
FIRST_FORMAT = 1  # its signature doesn't say where the chains ended
WITHOUT_FILED = (FIRST_FORMAT, 2)  # what people handed in is named by the chains and isn't there
Heads = Mapping[str, Mapping[str, int | str]]  # by chain: {"seq", "head"} of its last entry
_DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
_LINE = re.compile(r"([0-9a-f]{64})  (\S.*)")


class Signing(Protocol):
    """What `storage.keys.Signer` gives."""

    algorithm: str
    key_id: str

    def sign(self, message: bytes) -> bytes: ...


@dataclass(frozen=True, slots=True)
class ManifestLine:
    number: int  # counts from 1
    sha256: str
    path: str


def finish(
    folder: Path, hashes: Mapping[str, str], heads: Heads, info: Mapping[str, str], at: str, signer: Signing
) -> None:
    """Write the bag's own files around data/; `hashes` are the SHA-256 of its files, by path below `folder`."""
    tags = {
        BAGIT: _DECLARATION,
        BAG_INFO: "".join(f"{key}: {_one_line(value)}\n" for key, value in info.items()).encode(),
        MANIFEST: _manifest(hashes),
    }
    tags[TAG_MANIFEST] = _manifest({name: hashlib.sha256(content).hexdigest() for name, content in tags.items()})
    tagged = hashlib.sha256(tags[TAG_MANIFEST]).hexdigest()
    signature = signer.sign(signed_bytes(tagged, at, signer.algorithm, signer.key_id, heads, FORMAT)).hex()
    tags[SIGNATURE] = canonical_bytes(
        {
            "algorithm": signer.algorithm,
            "at": at,
            "chains": heads,
            "format": FORMAT,
            "key_id": signer.key_id,
            "signature": signature,
            "tagmanifest": tagged,
        }
    )
    for name, content in tags.items():
        (folder / name).write_bytes(content)


def signed_bytes(tagmanifest: str, at: str, algorithm: str, key_id: str, heads: Heads | None, form: int) -> bytes:
    """What the signature covers; `type` keeps it from being used for anything else. Without `heads`: as in the first
    format."""
    statement = {
        "algorithm": algorithm,
        "at": at,
        "format": FIRST_FORMAT if heads is None else form,
        "key_id": key_id,
        "tagmanifest": tagmanifest,
        "type": "huilu-export",
    }
    return canonical_bytes(statement if heads is None else statement | {"chains": heads})


def read_manifest(content: bytes) -> Iterator[ManifestLine]:
    """All lines; one that can't be read has an empty path."""
    for number, line in enumerate(content.decode("utf-8", "replace").split("\n"), start=1):
        if match := _LINE.fullmatch(line):
            yield ManifestLine(number, match[1], _decoded(match[2]))
        elif line:
            yield ManifestLine(number, "", "")


def _manifest(hashes: Mapping[str, str]) -> bytes:
    return "".join(f"{hashes[path]}  {_encoded(path)}\n" for path in sorted(hashes)).encode()


def _encoded(path: str) -> str:
    """§2.1.3: line ends and the percent sign itself."""
    return path.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _decoded(path: str) -> str:
    return path.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")


def _one_line(value: str) -> str:
    return " ".join(value.split())
