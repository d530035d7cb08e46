#!/bin/sh
# What the browser tests need of the system: a Chromium, and letters for Chinese.
set -e
missing=
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null ||
	missing=chromium
test -n "$(fc-list :lang=zh 2>/dev/null | head -1)" || missing="$missing fontconfig fonts-noto-cjk"
test -n "$missing" || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	apt-get update -q
	# shellcheck disable=SC2086
	DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing
else
	echo "浏览器测试还需要 / the browser tests also need:$missing" >&2
fi
