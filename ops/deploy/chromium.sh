#!/bin/sh
# What the tests need of the system: a Chromium, letters for Chinese, network namespaces with a firewall, a TURN server.
set -e
missing=
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null ||
	missing=chromium
test -n "$(fc-list :lang=zh 2>/dev/null | head -1)" || missing="$missing fontconfig fonts-noto-cjk"
# The bundle is installed in a network namespace without a route.
command -v ip >/dev/null || missing="$missing iproute2"
# A page's ways to the relay are shut one after another there.
command -v nft >/dev/null || missing="$missing nftables"
command -v turnserver >/dev/null || missing="$missing coturn"
test -n "$missing" || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	apt-get update -q
	# shellcheck disable=SC2086
	DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing
else
	echo "测试还需要 / the tests also need:$missing" >&2
fi
