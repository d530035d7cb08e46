"""One byte string for one value: RFC 8785 (JCS) without its numbers' hard half.

Text, integers, booleans, null, lists and objects with text keys; floats are refused, and so are integers beyond
2^53 - 1 (RFC 7493 §2.2: other languages would read another number). Wall clock times therefore stand as RFC 3339
text. Text that is no Unicode (a lone surrogate) is refused as well (RFC 8785 §3.2.2.2).
"""

import json
from typing import Any

from storage.errors import NotCanonical

MAX_INTEGER = 2**53 - 1
MAX_DEPTH = 64


def canonical_bytes(value: Any) -> bytes:
    """Raises NotCanonical for what has no canonical form."""
    _check(value, MAX_DEPTH)
    # json escapes exactly what RFC 8785 §3.2.2.2 asks for: \" \\ \b \f \n \r \t and \u00xx in lower case.
    out: str = json.dumps(_ordered(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    try:
        return out.encode()
    except UnicodeEncodeError as error:
        raise NotCanonical(str(error)) from error


def _check(value: Any, depth: int) -> None:
    if depth == 0:
        raise NotCanonical(f"deeper than {MAX_DEPTH}")
    if isinstance(value, dict):
        for key, each in value.items():
            if not isinstance(key, str):
                raise NotCanonical(f"a key of type {type(key).__name__}")
            _check(each, depth - 1)
    elif isinstance(value, list | tuple):
        for each in value:
            _check(each, depth - 1)
    elif isinstance(value, int):
        if abs(value) > MAX_INTEGER:
            raise NotCanonical(f"{value} is beyond 2^53 - 1; write a wall clock time as text (storage.clock.rfc3339)")
    elif value is not None and not isinstance(value, str):
        raise NotCanonical(type(value).__name__)


def _ordered(value: Any) -> Any:
    """Keys by their UTF-16 code units (RFC 8785 §3.2.3), which is not the order of code points."""
    if isinstance(value, dict):
        return {key: _ordered(value[key]) for key in sorted(value, key=_utf16)}
    if isinstance(value, list | tuple):
        return [_ordered(each) for each in value]
    return value


def _utf16(key: str) -> bytes:
    return key.encode("utf-16-be", "surrogatepass")


def read_canonical(data: bytes) -> Any:
    """The value whose canonical form is exactly `data`; raises NotCanonical for all other bytes, whatever they are."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise NotCanonical(str(error)) from error
    if canonical_bytes(value) != data:
        raise NotCanonical("the same value is written in another way")
    return value
