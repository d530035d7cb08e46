"""The limit on guessed passwords: a block that doubles with every further failure."""

FREE_BY_NAME = 5  # a tired secretary's share
FREE_BY_ADDRESS = 20  # a whole town hall behind one address
LONGEST_S = 15 * 60
FORGOTTEN_S = 24 * 3600  # failures older than this don't count


def block_seconds(failures: int, free: int) -> int:
    """How long nothing is tried after this many failures: 0 up to `free`, then 2, 4, 8 … 900 s."""
    if failures <= free:
        return 0
    return min(LONGEST_S, 1 << min(failures - free, 20))
