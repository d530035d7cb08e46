"""Lasting ids of our own: a short prefix that names the thing, then 26 characters that sort by time.

The 128 bits are a ULID's: 48 bits of milliseconds, 80 of randomness, in Crockford's base 32 (lower case).
"""

import secrets
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def new_id(prefix: str) -> str:
    """An id such as `mtg_01jf…`; sorts by creation to the millisecond, can't be guessed."""
    number = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    return f"{prefix}_" + "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))
