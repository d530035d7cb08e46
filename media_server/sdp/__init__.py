"""SDP ⇄ records, without sockets: runs in the api process, so that the relay never sees a line of text.

Whatever the text is, reading gives a record or raises BadOffer or NoCommonCodec, nothing else.
"""

from media_server.sdp.answer import write_answer
from media_server.sdp.offer import read_offer
from media_server.sdp.restart import read_restart, write_restart
from media_server.sdp.sections import MAX_BYTES

__all__ = ["MAX_BYTES", "read_offer", "read_restart", "write_answer", "write_restart"]
