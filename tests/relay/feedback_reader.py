"""Reads transport-wide feedback as a publisher does: a second implementation, written from the draft alone."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Feedback:
    sender: int
    media: int
    base: int
    count: int
    times: list[int | None]  # by number from `base` on: arrival in ticks of 250 µs, or not received


def read_feedback(data: bytes) -> Feedback:
    """draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1; AssertionError for anything that it doesn't allow."""
    assert data[0] >> 6 == 2
    assert data[0] & 0x1F == 15
    assert data[1] == 205
    assert 4 * (int.from_bytes(data[2:4], "big") + 1) == len(data)
    end = len(data) - (data[-1] if data[0] & 0x20 else 0)
    base, total = int.from_bytes(data[12:14], "big"), int.from_bytes(data[14:16], "big")
    time = int.from_bytes(data[16:19], "big") * 256
    at = 20
    symbols: list[int] = []
    while len(symbols) < total:
        chunk = f"{int.from_bytes(data[at : at + 2], 'big'):016b}"
        at += 2
        if chunk[0] == "0":
            length = int(chunk[3:], 2)
            assert length
            symbols += [int(chunk[1:3], 2)] * length
        elif chunk[1] == "0":
            symbols += [int(bit) for bit in chunk[2:]]
        else:
            symbols += [int(chunk[place : place + 2], 2) for place in range(2, 16, 2)]
    assert not any(symbols[total:])
    times: list[int | None] = []
    for symbol in symbols[:total]:
        assert symbol < 3
        size = symbol
        if size == 0:
            times.append(None)
            continue
        time += int.from_bytes(data[at : at + size], "big", signed=size == 2)
        at += size
        times.append(time)
    assert at == end
    return Feedback(
        int.from_bytes(data[4:8], "big"), int.from_bytes(data[8:12], "big"), base, data[19], times
    )  # fmt: skip
