#!/usr/bin/env bash
# Sets up what the portal needs: `scripts/setup.sh run` to use it, `scripts/setup.sh dev` to
# change it (adds the checks, the tests and a browser). Does nothing, fast, when all is there.
set -euo pipefail
cd "$(dirname "$0")/.."

WANT="${1:-run}"
LOG="$(mktemp)"
trap 'rm -f "$LOG"' EXIT
NATIVE=(libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0)

say() { printf '%s\n' "$*"; }
stop() { printf '%s\n' "$*" >&2; exit 1; }
is_root() { [ "$(id -u)" = 0 ]; }
can_apt() { is_root && command -v apt-get >/dev/null; }

# Runs a command silently; shows the end of what it said only if it fails.
quietly() {
  "$@" >"$LOG" 2>&1 && return 0
  tail -n 15 "$LOG" >&2
  return 1
}

apt_get() {
  local options=(-y -q --no-install-recommends)
  export DEBIAN_FRONTEND=noninteractive
  apt-get install "${options[@]}" "$@" >"$LOG" 2>&1 && return 0
  apt-get update -q >"$LOG" 2>&1 || true
  quietly apt-get install "${options[@]}" "$@"
}

is_new_enough() {
  "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
  local candidate
  for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11 python3.14; do
    if command -v "$candidate" >/dev/null && is_new_enough "$candidate"; then
      command -v "$candidate"
      return
    fi
  done
  stop "Countersign needs Python 3.11 or later. Install it, then run this again:
  sudo apt-get install python3.11 python3.11-venv"
}

make_venv() {
  if [ -x .venv/bin/python ] && is_new_enough .venv/bin/python; then return; fi
  local python package
  python="$(find_python)"
  if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    package="$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
    can_apt || stop "Python cannot make virtual environments yet. Install that part, then run this again:
  sudo apt-get install $package"
    say "Installing $package ..."
    apt_get "$package" || stop "Could not install $package (see above)."
  fi
  say "Creating .venv with $("$python" -V) ..."
  quietly "$python" -m venv --clear .venv || stop "Could not create .venv (see above)."
}

install_packages() {
  local file=requirements.txt stamp=.venv/.installed now
  if [ "$WANT" = dev ]; then file=requirements-dev.txt stamp=.venv/.installed-dev; fi
  now="$(cat requirements.txt "$file" | sha256sum | cut -d' ' -f1)"
  if [ "$(cat "$stamp" 2>/dev/null)" = "$now" ]; then return; fi
  say "Installing the packages of $file (about a minute the first time) ..."
  quietly .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input \
    --no-warn-script-location --root-user-action=ignore --requirement "$file" \
    || stop "Could not install the packages (see above). Nothing else was changed; run this again."
  printf '%s\n' "$now" >"$stamp"
}

has_library() { { ldconfig -p 2>/dev/null || /sbin/ldconfig -p; } | grep -q "$1"; }

has_native() {
  has_library 'libpango-1\.0\.so\.0' && has_library 'libpangoft2-1\.0\.so\.0' \
    && has_library 'libharfbuzz-subset\.so\.0'
}

install_native() {
  if has_native; then return; fi
  if can_apt; then
    say "Installing the libraries that PDF reports need ..."
    if apt_get "${NATIVE[@]}"; then return; fi
  fi
  say "PDF reports need three libraries; everything else works without them:
  sudo apt-get install --no-install-recommends ${NATIVE[*]}"
}

find_browser() {
  local name
  rm -f .venv/.no-browser
  for name in chromium chromium-browser google-chrome google-chrome-stable; do
    if command -v "$name" >/dev/null; then return; fi
  done
  if can_apt; then
    say "Installing Chromium for the browser journeys ..."
    if apt_get chromium; then return; fi
  fi
  touch .venv/.no-browser
  say "No browser found: the journeys are left out. To run them: sudo apt-get install chromium"
}

make_venv
install_packages
install_native
if [ "$WANT" = dev ]; then find_browser; fi
