"""What schemathesis is told of the two media types of RFC 8840 and RFC 9725, which are plain text."""

from typing import Any

import schemathesis


@schemathesis.serializer("application/sdp", "application/trickle-ice-sdpfrag")
def text(context: Any, value: Any) -> bytes:
    return (value if isinstance(value, str) else str(value)).encode("utf-8", "replace")
