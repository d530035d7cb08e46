"""The one thing that a codec module raises on bytes from outside."""


class Malformed(Exception):
    """These bytes aren't what the format's clause says; the packet or unit that held them is of no use."""
