"""Where an account is signed in."""

from api.records.base import Answer


class SignInView(Answer):
    id: str
    own: bool  # the one that asks
    system: str  # a word of api.domain.device
    browser: str
    address: str
    since_wall: str
    seen_wall: str
    in_meeting: bool
