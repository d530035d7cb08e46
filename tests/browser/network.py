"""A county's network on one machine: the hub's namespace, a user's, and two lines between them, one of which is up.

    user: wifi 10.201.1.2 ──┐
                            ├── hub: 10.201.0.1, fd00:201::1 (a TURN server beside it: 10.201.0.2)
    user: cell 10.201.2.2 ──┘

Needs root and iproute2; nftables where something is shut.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

HUB, HUB6, TURN = "10.201.0.1", "fd00:201::1", "10.201.0.2"


def run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"


class Network:
    def __init__(self, name: str) -> None:
        self.hub, self.user = f"{name}h", f"{name}u"

    def inside(self, namespace: str) -> tuple[str, ...]:
        """The beginning of a command that runs there."""
        return ("nsenter", f"--net=/run/netns/{namespace}")

    def _make(self) -> None:
        for namespace in (self.hub, self.user):
            run("ip", "netns", "add", namespace)
            run("ip", "-n", namespace, "link", "set", "lo", "up")
        for address in (f"{HUB}/32", f"{TURN}/32"):
            run("ip", "-n", self.hub, "address", "add", address, "dev", "lo")
        run("ip", "-n", self.hub, "-6", "address", "add", f"{HUB6}/128", "dev", "lo")
        for number, line in ((1, "wifi"), (2, "cell")):
            run("ip", "-n", self.user, "link", "add", line, "type", "veth", "peer", line, "netns", self.hub)
            run("ip", "-n", self.hub, "address", "add", f"10.201.{number}.1/24", "dev", line)
            run("ip", "-n", self.hub, "-6", "address", "add", f"fd00:201:{number}::1/64", "dev", line, "nodad")
            run("ip", "-n", self.hub, "link", "set", line, "up")
        self.up("wifi")

    def up(self, line: str) -> None:
        """The user's end gets its addresses and is the way to the hub."""
        number = {"wifi": 1, "cell": 2}[line]
        ip = ("ip", "-n", self.user)
        run(*ip, "address", "replace", f"10.201.{number}.2/24", "dev", line)
        run(*ip, "-6", "address", "replace", f"fd00:201:{number}::2/64", "dev", line, "nodad")
        run(*ip, "link", "set", line, "up")
        run(*ip, "route", "replace", "default", "via", f"10.201.{number}.1", "dev", line)
        run(*ip, "-6", "route", "replace", "default", "via", f"fd00:201:{number}::1", "dev", line)

    def down(self, line: str) -> None:
        """Out of reach of the access point: the line is down and its addresses are gone."""
        run("ip", "-n", self.user, "link", "set", line, "down")
        run("ip", "-n", self.user, "address", "flush", "dev", line)

    def shut(self, *what: str) -> None:
        """A firewall before the hub drops in silence what comes from outside, or goes there, and matches one of these
        expressions of nftables (a share of it: `numgen random mod 100 < 20`); none: nothing any more."""
        run(*self.inside(self.hub), "nft", "flush ruleset")
        rules = ["table inet shut {"]
        for hook, side in (("input", "iifname"), ("output", "oifname")):
            rules += [f"chain {hook} {{", f"type filter hook {hook} priority 0"]
            rules += [*(f'{side} {{ "wifi", "cell" }} {each} drop' for each in what), "}"]
        run(*self.inside(self.hub), "nft", "\n".join([*rules, "}"]))

    def lose_ipv4(self, line: str) -> None:
        run("ip", "-n", self.user, "-4", "address", "flush", "dev", line)

    def _remove(self) -> None:
        for namespace in (self.hub, self.user):
            subprocess.run(["ip", "netns", "delete", namespace], capture_output=True, timeout=30)

    def wrapped(self, program: str, folder: Path, namespace: str = "") -> Path:
        """A program that runs on the user's side (or in another namespace), for who can only name a file."""
        script = folder / "there.sh"
        script.write_text(f'#!/bin/sh\nexec {" ".join(self.inside(namespace or self.user))} {program} "$@"\n')
        script.chmod(0o755)
        return script


@contextmanager
def made() -> Iterator[Network]:
    if os.geteuid() != 0:
        pytest.skip("only root makes network namespaces")
    missing = [name for name in ("ip", "nsenter", "nft", "turnserver") if not shutil.which(name)]
    assert not missing, f"ops/deploy/chromium.sh installs what has {missing}"
    network = Network(f"huilu{os.getpid()}")
    try:
        network._make()
        yield network
    finally:
        network._remove()
