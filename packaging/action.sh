#!/usr/bin/env bash
# What action.yml runs: inputs come as INPUT_…, results go to GITHUB_OUTPUT and GITHUB_STEP_SUMMARY. Exit codes are those of
# harden-image. No input is ever part of a command's text or of an option's name.
set -euo pipefail

refuse() {
  echo "::error title=harden-image::$1"
  exit 2
}

one_of() { # NAME VALUE WORD...
  local name=$1 value=$2 word
  shift 2
  for word; do [ "$value" != "$word" ] || return 0; done
  refuse "the input $name has to be one of: $*"
}

below() { # NAME PATH: below the folder that it is used in, in one line
  case $2 in
    '' | /* | .. | ../* | */.. | */../*) refuse "the input $1 has to be a path below the checkout" ;;
    *[[:cntrl:]]*) refuse "the input $1 has to be one line" ;;
  esac
}

# What is checked out may be a stranger's: a link in it may lead anywhere.
no_link() { # PATH: neither the file nor a folder above it
  local at=$1
  while [ "$at" != . ]; do
    [ ! -L "$at" ] || refuse "$at is a link: nothing is written through it"
    at=$(dirname -- "$at")
  done
}

one_of mode "$INPUT_MODE" check fix
one_of prove "$INPUT_PROVE" true false
[ -z "$INPUT_FAIL_ON" ] || one_of fail-on "$INPUT_FAIL_ON" failed incomplete unproved changes never
below working-directory "$INPUT_WORKING_DIRECTORY"
below sarif-file "$INPUT_SARIF_FILE"
case $INPUT_CONFIG in *[[:cntrl:]]*) refuse 'the input config has to be one line' ;; esac

targets=()
while IFS= read -r line || [ -n "$line" ]; do
  line=${line%$'\r'}
  [ -z "${line//[[:space:]]/}" ] || targets+=("$line")
done <<<"$INPUT_TARGETS"
[ ${#targets[@]} -gt 0 ] || refuse 'the input targets names nothing'

program=$GITHUB_ACTION_PATH/dist/cli.js
# A tag of the repository has no build in it; what is released on npm has.
[ -f "$program" ] || (cd "$GITHUB_ACTION_PATH" && npm ci --no-audit --no-fund) >&2

flags=(--format github)
case $INPUT_MODE in check) flags+=(--check) ;; fix) flags+=(-w) ;; esac
[ "$INPUT_PROVE" != true ] || flags+=(--prove)
[ -z "$INPUT_FAIL_ON" ] || flags+=("--fail-on=$INPUT_FAIL_ON")
[ -z "$INPUT_CONFIG" ] || flags+=("--config=$INPUT_CONFIG")

scratch=$(mktemp -d "${RUNNER_TEMP:-/tmp}/harden-image.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
checkout=$(pwd -P)
cd -- "$INPUT_WORKING_DIRECTORY" 2>/dev/null || refuse 'the input working-directory names no folder of the checkout'
case $(pwd -P)/ in
  "${checkout%/}"/*) ;;
  *) refuse 'the input working-directory is a link that leads out of the checkout' ;;
esac
no_link "$INPUT_SARIF_FILE"
[ ! -e "$INPUT_SARIF_FILE" ] || [ -f "$INPUT_SARIF_FILE" ] || refuse "$INPUT_SARIF_FILE is no regular file"
code=0
# What is told of a stranger's files is no command of the log; the annotations are, and come behind it.
token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
echo "::stop-commands::$token"
node "$program" "${flags[@]}" "--sarif-file=$scratch/findings.sarif" "--pr-body=$scratch/summary.md" -- "${targets[@]}" \
  2>&1 >"$scratch/annotations" || code=$?
echo "::$token::"
cat "$scratch/annotations"
# A wrong flag or a missing engine has printed why, and no report.
if [ -s "$scratch/findings.sarif" ]; then
  mkdir -p -- "$(dirname -- "$INPUT_SARIF_FILE")"
  # Renamed over what is there, which follows no link that came meanwhile.
  beside=$(mktemp "$(dirname -- "$INPUT_SARIF_FILE")/.harden-image.XXXXXX")
  cat "$scratch/findings.sarif" >"$beside"
  chmod 644 "$beside"
  mv -f -- "$beside" "$INPUT_SARIF_FILE"
  echo "sarif-file=$INPUT_WORKING_DIRECTORY/$INPUT_SARIF_FILE" >>"$GITHUB_OUTPUT"
fi
if [ -s "$scratch/summary.md" ]; then cat "$scratch/summary.md" >>"$GITHUB_STEP_SUMMARY"; fi
echo "exit-code=$code" >>"$GITHUB_OUTPUT"
exit "$code"
