#!/bin/sh
# Installs the hub from this folder, without a network.   usage: sh install.sh [FOLDER]    (default /opt/huilu)
set -e
here=$(cd "$(dirname "$0")" && pwd)
target=${1:-/opt/huilu}
read -r version platform <"$here/made-for"
python=${PYTHON:-python$version}
command -v "$python" >/dev/null || python=python3
found=$("$python" -c 'import sysconfig as s; print(s.get_python_version(), s.get_platform())' 2>/dev/null || true)
if [ "$found" != "$version $platform" ]; then
	echo "需要 Python $version（$platform），本机为 ${found:-无} / Python $version on $platform is needed, found ${found:-none}" >&2
	exit 2
fi
"$python" -m venv "$target"
"$target/bin/python" -m pip --isolated --disable-pip-version-check install -q --no-index --find-links "$here/wheels" huilu
echo "已安装 / installed: $target/bin/huilu up --data $target/data"
