from collections.abc import Sequence

from media_server.engine.outputs import Forward, Srtp

class Table:
    def __init__(self, protect: int, send: int = 0) -> None: ...
    def set_viewer(self, viewer: int, session: Srtp, srtp: int, fd: int, host: str, port: int, /) -> None: ...
    def remove_viewer(self, viewer: int, /) -> None: ...
    def set_entry(
        self,
        entry: int,
        viewer: int,
        ssrc: int,
        payload_type: int,
        first_index: int,
        number_offset: int,
        stamp_offset: int,
        send_time_id: int,
        /,
    ) -> None: ...
    def forward(self, batch: Sequence[Forward], /) -> tuple[int, int, int, int, int, int, int]: ...
    def again(self, viewer: int, data: bytes, /) -> tuple[int, int, int, int, int, int, int]: ...
