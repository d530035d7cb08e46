"""`make bundle`: the folder installs and the hub runs and serves its pages in a network namespace without a route."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# In the namespace there is a loopback and nothing else. The hub is asked for its page, then ended.
WITHOUT_NETWORK = r"""
set -e
ip link set lo up
test -z "$(ip route)"
cd /
sh "$1/install.sh" "$2"
"$2/bin/huilu" up --data "$3" --port 18543 --media-port 18544 >"$3.txt" 2>&1 &
hub=$!
for i in $(seq 240); do
    grep -q 'Ctrl-C stops it' "$3.txt" && break
    kill -0 $hub || { cat "$3.txt"; exit 1; }
    sleep 0.5
done
"$2/bin/python" - "$3" <<'ASK'
import ssl, sys, urllib.request
context = ssl.create_default_context(cafile=sys.argv[1] + "/certificates/authority.crt")
for path, wanted in (("/", b"<div id=\"app\""), ("/healthz", b'"ok":true')):
    body = urllib.request.urlopen("https://localhost:18543" + path, context=context, timeout=60).read()
    assert wanted in body, body[:300]
ASK
kill -TERM $hub
wait $hub
echo installed and ran without a network
"""


@pytest.mark.timeout(600)
def test_it_installs_and_runs_where_there_is_no_network(tmp_path: Path) -> None:
    if os.geteuid() != 0 or not all(shutil.which(name) for name in ("unshare", "ip")):
        pytest.skip("needs root, unshare and ip to make a network namespace")
    bundle = tmp_path / "bundle"
    # `make test` has built the pages; built once more here they would be gone for a while, under other tests' hubs.
    subprocess.run([sys.executable, "-m", "ops.bundle", str(bundle)], cwd=ROOT, check=True)
    script = tmp_path / "script.sh"
    script.write_text(WITHOUT_NETWORK)
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    done = subprocess.run(
        ["unshare", "--net", "sh", script, bundle, tmp_path / "installed", tmp_path / "data"],
        env={**os.environ, "PYTHON": shutil.which(f"python{python}", path=sys.base_prefix + "/bin") or sys.executable,
             "PYTHONPATH": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]
    assert "installed and ran without a network" in done.stdout
