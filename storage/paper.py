"""A checkpoint on paper: a short code that a person types and compares, and the text of a QR code that holds all of it.

The short code is 80 bits of a SHA-256 over the checkpoint's mark, so it stands for the chain's id, length, head, root,
time and signature. Crockford's base 32 (crockford.com/base32.html), four groups of four: no I, L, O, U. Who holds the
hub's key could look for two checkpoints with one code (2⁴⁰ of them); the QR code holds the whole and leaves no room.

The QR code's text is the statement that was signed, and its signature, in words with a space between:

    HUILU1 chain seq at open|final algorithm key_id head root previous clock signature

Hashes and signature are base64url without padding; `previous` and `clock` are - in a checkpoint of the first version,
a clock is offset_us/within_us/source, or ? where it was not verified. So the paper and the county's public key alone
show what was signed. Standard library only.
"""

import base64
import hashlib
import re
import unicodedata
from urllib.parse import quote, unquote

from storage.chained import CHECKPOINT_VERSION, NOT_VERIFIED, CheckpointRecord, Clock

DOMAIN = b"huilu-short-code-1\x00"  # these bits are used for nothing else
BITS, GROUP = 80, 4
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LOOKS_LIKE = str.maketrans({"O": "0", "I": "1", "L": "1"})
BETWEEN = re.compile(r"[\s\u2010-\u2015\u2212-]+")  # spaces and dashes
QR = "HUILU1"


def short_code(checkpoint: CheckpointRecord) -> str:
    """XXXX-XXXX-XXXX-XXXX."""
    hashed = hashlib.sha256(DOMAIN + bytes.fromhex(checkpoint.mark())).digest()
    number = int.from_bytes(hashed) >> (8 * len(hashed) - BITS)
    return _grouped("".join(ALPHABET[number >> shift & 31] for shift in range(BITS - 5, -1, -5)))


def read_code(typed: str) -> str:
    """What was typed, as `short_code` writes it: small letters, O for 0, I and L for 1, spaces, dashes and wide
    letters are forgiven. Raises ValueError for what is no code."""
    letters = BETWEEN.sub("", unicodedata.normalize("NFKC", typed)).upper().translate(LOOKS_LIKE)
    if len(letters) != BITS // 5 or not set(letters) <= set(ALPHABET):
        raise ValueError(f"{BITS // 5} letters or digits, without U")
    return _grouped(letters)


def _grouped(letters: str) -> str:
    return "-".join(letters[at : at + GROUP] for at in range(0, len(letters), GROUP))


def qr_text(checkpoint: CheckpointRecord) -> str:
    """About 390 characters. `checkpoint` is one of ours: its hashes are hexadecimal."""
    of = checkpoint
    return " ".join(
        (
            QR, of.chain_id, str(of.seq), of.at, "final" if of.final else "open", of.algorithm, of.key_id,
            _short(of.head), _short(of.root), "-" if of.previous is None else _short(of.previous),
            _clock_text(of.clock), _short(of.signature),
        )
    )  # fmt: skip


def read_qr(text: str) -> CheckpointRecord:
    """The inverse of `qr_text`. Raises ValueError; who relies on it compares it, or checks its signature."""
    words = text.split()
    if len(words) != 12 or words[0] != QR or words[4] not in ("open", "final"):
        raise ValueError("not the text of a QR code")
    _, chain, seq, at, state, algorithm, key_id, head, root, previous, clock, signature = words
    first = previous == "-"
    return CheckpointRecord(
        chain, int(seq), at, _hex(head), _hex(root), state == "final", algorithm, key_id, _hex(signature),
        version=1 if first else CHECKPOINT_VERSION,
        clock=None if first else _clock(clock),
        previous=None if first else _hex(previous),
    )  # fmt: skip


def _short(hexadecimal: str) -> str:
    return base64.urlsafe_b64encode(bytes.fromhex(hexadecimal)).rstrip(b"=").decode()


def _hex(short: str) -> str:
    return base64.b64decode(short + "=" * (-len(short) % 4), altchars=b"-_", validate=True).hex()


def _clock_text(clock: Clock | None) -> str:
    if clock is None:
        return "-"
    if not isinstance(clock, dict):
        return "?"
    return f"{clock['offset_us']}/{clock['within_us']}/{quote(clock['source'], safe='')}"


def _clock(word: str) -> Clock:
    if word == "?":
        return NOT_VERIFIED
    offset, within, source = word.split("/")
    return {"offset_us": int(offset), "within_us": int(within), "source": unquote(source)}
