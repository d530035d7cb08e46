"""ffmpeg as a child: behind archiving for the processor, with a limit, ended with whoever asked."""

import contextlib
import signal
import subprocess
from collections.abc import Iterator
from typing import Any

import imageio_ffmpeg

_running: set["subprocess.Popen[bytes]"] = set()
_ending = False
_ENDED = (-signal.SIGKILL, -signal.SIGTERM)


class Undecodable(ValueError):
    """ffmpeg gave up; the end of what it said."""


def run(graph: Any, data: bytes, limit_s: float, nice: int) -> tuple[bytes, str]:
    """Run a graph of `ffmpeg-python` with `data` on its standard input; its output and what it said. Blocking.

    Raises Undecodable, and TimeoutError when the machine is too busy: to be tried again."""
    process = graph.global_args("-nostdin", "-hide_banner").run_async(
        cmd=["nice", "-n", str(nice), imageio_ffmpeg.get_ffmpeg_exe()],
        pipe_stdin=True,
        pipe_stdout=True,
        pipe_stderr=True,
    )
    _running.add(process)
    try:
        if _ending:
            raise TimeoutError("the worker ends")
        out, said = process.communicate(data, timeout=limit_s)
    except BaseException as failure:
        process.kill()
        process.wait()
        if isinstance(failure, subprocess.TimeoutExpired):
            raise TimeoutError(f"ffmpeg took more than {limit_s} s") from failure
        raise
    finally:
        _running.discard(process)
    if _ending or process.returncode in _ENDED:
        raise TimeoutError("ffmpeg was ended")  # that says nothing about the film
    text = said.decode(errors="replace")
    if process.returncode != 0:
        raise Undecodable(text[-500:])
    return bytes(out), text


@contextlib.contextmanager
def watched(process: "subprocess.Popen[bytes]") -> Iterator[None]:
    """A child that is read elsewhere, ended with the worker as well: TimeoutError then."""
    _running.add(process)
    try:
        if _ending:
            raise TimeoutError("the worker ends")
        yield
        if _ending:
            raise TimeoutError("the worker ends")
    except BaseException:
        process.kill()
        process.wait()
        if _ending:
            raise TimeoutError("the worker ends") from None
        raise
    finally:
        _running.discard(process)


def end() -> None:
    """For the process that ends: no child holds it up. What ran is as if it had taken too long."""
    global _ending
    _ending = True
    for process in list(_running):
        process.kill()


def ending() -> bool:
    return _ending


def begin() -> None:
    """From now on children may run again."""
    global _ending
    _ending = False
