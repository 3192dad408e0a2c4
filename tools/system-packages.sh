#!/usr/bin/env bash
# Installs what tests need and only the system has: a browser, Chinese fonts, gettext.
# Where it may not install, it says in one line what to install, and fails.
set -euo pipefail

missing=()
command -v chromium chromium-browser google-chrome chromium-headless-shell >/dev/null || missing+=(chromium)
{ command -v fc-list >/dev/null && [ -n "$(fc-list :lang=zh-cn)" ]; } || missing+=(fonts-noto-cjk)
command -v msgfmt >/dev/null || missing+=(gettext)
[ ${#missing[@]} -gt 0 ] || exit 0

sudo=()
[ "$(id -u)" = 0 ] || sudo=(sudo --non-interactive)
if ! command -v apt-get >/dev/null || ! { [ ${#sudo[@]} = 0 ] || "${sudo[@]}" true 2>/dev/null; }; then
  echo "Tests need packages of the system: sudo apt-get install ${missing[*]}" >&2
  exit 1
fi
echo "Installing ${missing[*]} …"
export DEBIAN_FRONTEND=noninteractive
"${sudo[@]}" apt-get update -qq
"${sudo[@]}" apt-get install -qq --no-install-recommends "${missing[@]}" >/dev/null
