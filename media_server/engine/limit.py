"""How much of something is taken: so much a second, and at most one second's worth at once."""

_SECOND = 1_000_000_000


class Limit:
    __slots__ = ("_at", "_left", "_per_second")

    def __init__(self, per_second: int, now: int) -> None:
        self._per_second = per_second
        self._left = per_second * _SECOND  # in billionths, so that nothing is rounded away
        self._at = now

    def allows(self, now: int, amount: int = 1) -> bool:
        """Takes `amount` if there is so much left."""
        if self.lacks(now, amount):
            return False
        self._left -= amount * _SECOND
        return True

    def lacks(self, now: int, amount: int = 1) -> bool:
        """Takes nothing."""
        if now > self._at:
            self._left = min(self._per_second * _SECOND, self._left + (now - self._at) * self._per_second)
            self._at = now
        return self._left < amount * _SECOND
