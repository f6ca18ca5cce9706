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

one_of mode "$INPUT_MODE" check fix
one_of prove "$INPUT_PROVE" true false
[ -z "$INPUT_FAIL_ON" ] || one_of fail-on "$INPUT_FAIL_ON" failed incomplete changes never
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

flags=(--format sarif)
case $INPUT_MODE in check) flags+=(--check) ;; fix) flags+=(-w) ;; esac
[ "$INPUT_PROVE" != true ] || flags+=(--prove)
[ -z "$INPUT_FAIL_ON" ] || flags+=("--fail-on=$INPUT_FAIL_ON")
[ -z "$INPUT_CONFIG" ] || flags+=("--config=$INPUT_CONFIG")

scratch=$(mktemp -d "${RUNNER_TEMP:-/tmp}/harden-image.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
cd "$INPUT_WORKING_DIRECTORY"
code=0
node "$program" "${flags[@]}" "--pr-body=$scratch/summary.md" -- "${targets[@]}" >"$scratch/findings.sarif" || code=$?
# A wrong flag or a missing engine has printed why, and no report.
if [ -s "$scratch/findings.sarif" ]; then
  mkdir -p "$(dirname "$INPUT_SARIF_FILE")"
  cp "$scratch/findings.sarif" "$INPUT_SARIF_FILE"
  echo "sarif-file=$INPUT_WORKING_DIRECTORY/$INPUT_SARIF_FILE" >>"$GITHUB_OUTPUT"
fi
if [ -s "$scratch/summary.md" ]; then cat "$scratch/summary.md" >>"$GITHUB_STEP_SUMMARY"; fi
echo "exit-code=$code" >>"$GITHUB_OUTPUT"
exit "$code"
