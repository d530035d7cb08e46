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
        text = data.decode()
        value = _DECODER.decode(text)
        # A chain has tens of thousands of lines: json's own ordering is taken where it can't differ from ours, which it
        # does for keys beyond U+FFFF only.
        ordered = text.isascii() or max(text) <= "\uffff"
        if ordered and _shallow(value, data) and _ENCODER.encode(value).encode() == data:
            return value
    except (ValueError, RecursionError) as error:
        raise NotCanonical(str(error)) from error
    if canonical_bytes(value) != data:
        raise NotCanonical("the same value is written in another way")
    return value


def _shallow(value: Any, data: bytes) -> bool:
    return data.count(b"{") + data.count(b"[") < MAX_DEPTH or _depth(value) <= MAX_DEPTH


def _depth(value: Any) -> int:
    """Of a value that was decoded."""
    if not isinstance(value, dict | list):
        return 1
    inner = value.values() if isinstance(value, dict) else value
    return 1 + max((_depth(each) for each in inner if isinstance(each, dict | list)), default=1)


def _integer(digits: str) -> int:
    if len(digits) > 15 and abs(int(digits)) > MAX_INTEGER:
        raise ValueError(f"{digits} is beyond 2^53 - 1")
    return int(digits)


def _refuse(number: str) -> Any:
    raise ValueError(f"{number} is no integer")


_DECODER = json.JSONDecoder(parse_int=_integer, parse_float=_refuse, parse_constant=_refuse)
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
