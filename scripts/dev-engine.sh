#!/usr/bin/env bash
# A private Docker Engine from Debian's packages, for contributors and CI. It shares nothing with another engine on
# the machine: own data, socket, bridge and addresses, and --iptables=false, because a second dockerd would flush the
# first one's DOCKER chains. `down` leaves no trace.
#   scripts/dev-engine.sh up|down|env
set -euo pipefail

dir=${HARDEN_IMAGE_ENGINE_DIR:-/tmp/harden-image-engine}
cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/harden-image
base_image=debian:trixie-slim
bridge=hi$(printf %s "$dir" | sha1sum | cut -c1-8)
export DOCKER_HOST=unix://$dir/docker.sock
unset DOCKER_CONTEXT DOCKER_TLS_VERIFY DOCKER_CERT_PATH

say() { echo "dev-engine: $*" >&2; }
die() { say "$*"; exit 1; }
answers() { [ -S "$dir/docker.sock" ] && timeout 10 docker version >/dev/null 2>&1; }

need_root() { [ "$(id -u)" = 0 ] || die "$1 needs root, because dockerd does: run it with sudo -E"; }

install_packages() {
  local missing=() package
  for package in docker.io docker-cli docker-buildx docker-compose iproute2 iptables mmdebstrap; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q ' installed$' || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  command -v apt-get >/dev/null || die "needs ${missing[*]}, and apt-get to install them is not here"
  say "installs ${missing[*]}"
  apt-get update -qq >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
}

# The first 10.N.0.0/16 that no route of this machine touches.
free_network() {
  local n
  for n in $(seq 201 239); do
    [ -z "$(ip -4 route show table all to root "10.$n.0.0/16")" ] || continue
    ip -4 route show table all to match "10.$n.0.1" | grep -qv '^default' || { echo "10.$n"; return; }
  done
  die "no free 10.N.0.0/16 between 10.201 and 10.239"
}

# Containers reach the network by these three rules; published ports are served by docker-proxy.
rules() { # -I or -D, NETWORK
  local pool=$2.0.0/16
  iptables -w -t nat "$1" POSTROUTING -s "$pool" ! -d "$pool" -j MASQUERADE
  iptables -w "$1" FORWARD -s "$pool" -j ACCEPT
  iptables -w "$1" FORWARD -d "$pool" -j ACCEPT
}

bridge_address() { # NETWORK: 10.201 gives 02:42:0a:c9:00:01, as for a container at 10.201.0.1
  printf '02:42:%02x:%02x:00:01' "${1%%.*}" "${1##*.}"
}

start() {
  local network
  network=$(free_network)
  echo "$network" >"$dir/network"
  # As the engine gives its own bridge: one without an address takes the lowest of its containers', and changes it as they
  # come and go. What the others send to the old one is lost until they ask anew, which takes many seconds.
  ip link add "$bridge" address "$(bridge_address "$network")" type bridge
  ip addr add "$network.0.1/24" dev "$bridge"
  ip link set "$bridge" up
  rules -I "$network"
  echo '{}' >"$dir/daemon.json"
  setsid dockerd --config-file "$dir/daemon.json" --data-root "$dir/data" --exec-root "$dir/exec" \
    --pidfile "$dir/dockerd.pid" -H "$DOCKER_HOST" --bridge "$bridge" --iptables=false --ip6tables=false \
    --default-address-pool "base=$network.0.0/16,size=24" \
    --containerd-namespace "$bridge" --containerd-plugins-namespace "$bridge-plugins" \
    >"$dir/dockerd.log" 2>&1 </dev/null &
  local try
  for try in $(seq 120); do
    answers && return
    kill -0 $! 2>/dev/null || break
    sleep 0.5
  done
  tail -20 "$dir/dockerd.log" >&2
  die "dockerd does not answer after $((try / 2)) s: its log is above"
}

stop() {
  local pid networks
  if answers; then
    docker ps -aq | xargs -r docker rm -fv >/dev/null
    networks=$(docker network ls -q --filter type=custom)
    [ -z "$networks" ] || docker network rm $networks >/dev/null
  fi
  pid=$(cat "$dir/dockerd.pid" 2>/dev/null || true)
  if [ -n "$pid" ] && tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF -- "--pidfile $dir/dockerd.pid"; then
    kill "$pid"
    timeout 30 tail --pid="$pid" -f /dev/null || kill -9 "$pid"
  fi
  rm -f "$dir/dockerd.pid" "$dir/docker.sock"
  awk -v below="$dir/" 'index($2, below) == 1 { print $2 }' /proc/mounts | sort -r | xargs -r umount -l
  if [ -f "$dir/network" ]; then
    rules -D "$(cat "$dir/network")" 2>/dev/null || true
    rm -f "$dir/network"
  fi
  ip link del "$bridge" 2>/dev/null || true
}

import_base() {
  docker image inspect "$base_image" >/dev/null 2>&1 && return
  # As the official image is set up: no translations, no caches of apt in a layer, no fsync for each file; and a name
  # that does not resolve for a moment must not fail a build.
  local options=(
    --variant=minbase
    --aptopt='Acquire::Retries "8"' --aptopt='Acquire::Languages "none"'
    # Only for the builds on it: mmdebstrap itself installs from the archives that it kept.
    --customize-hook='printf "%s\n" "Dir::Cache::pkgcache \"\";" "Dir::Cache::srcpkgcache \"\";" "APT::Keep-Downloaded-Packages \"false\";" >"$1/etc/apt/apt.conf.d/90small-layers"; rm -f "$1"/var/cache/apt/*.bin'
    --dpkgopt=force-unsafe-io --dpkgopt='path-exclude=/usr/share/man/*'
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright'
  )
  local tar
  tar=$cache/debian-trixie-$(dpkg --print-architecture)-$(printf '%s\n' "${options[@]}" | sha1sum | cut -c1-8).tar
  # A week, so that the packages inside are not far behind the archive's.
  if [ -z "$(find "$tar" -mtime -7 2>/dev/null)" ]; then
    say "makes $base_image"
    mkdir -p "$cache"
    mmdebstrap --quiet "${options[@]}" trixie "$tar.new.tar" >&2
    mv "$tar.new.tar" "$tar"
  fi
  docker import --change 'CMD ["bash"]' "$tar" "$base_image" >/dev/null
}

up() {
  need_root up
  install_packages
  if ! answers; then
    mkdir -p "$dir"
    [ -e "$dir/.dev-engine" ] || [ -z "$(ls -A "$dir")" ] || die "$dir is not empty and not mine: set HARDEN_IMAGE_ENGINE_DIR"
    touch "$dir/.dev-engine"
    stop # what a crash left
    start
  fi
  import_base
  say "answers; eval \"\$($0 env)\" points docker at it"
}

down() {
  [ -e "$dir/.dev-engine" ] || return 0
  need_root down
  stop
  rm -rf --one-file-system "$dir"
}

case ${1:-} in
  up) up ;;
  down) down ;;
  env) echo "export DOCKER_HOST=$DOCKER_HOST" ;;
  *) die "usage: $0 up|down|env" ;;
esac
