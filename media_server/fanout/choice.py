"""Which fan-out a relay runs with."""

import logging

from media_server.engine.drops import Drops
from media_server.errors import NoNativeFanout
from media_server.fanout import Fanout
from media_server.fanout.python import PythonFanout

log = logging.getLogger(__name__)


def choose(name: str, drops: Drops) -> Fanout:
    """`native`, `python`, or empty for the best that there is. Raises NoNativeFanout where it is asked for in vain."""
    if name == "python":
        return PythonFanout(drops)
    try:
        from media_server.fanout.native import NativeFanout  # not there where no compiler was

        return NativeFanout(drops)
    except (ImportError, RuntimeError) as error:
        if name == "native":
            raise NoNativeFanout(str(error)) from error
        log.warning("the fan-out runs in Python, at several times the cost: %s", error)
        return PythonFanout(drops)
