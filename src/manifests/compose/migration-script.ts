/**
 * For any POSIX shell with the usual `find`, `stat`, `xargs`, `chown` and `chmod` (GNU or BusyBox). File names are anybody's:
 * they go from program to program as arguments and between NULs, and all begin with a slash. Links are never followed (FACTS 15).
 * Nothing changes whose owner and mode are not kept before, also where it is cut short; a second run finds nothing to do.
 * Both lists have calls of `give ID UID:GID TEST...`; what is shared becomes writable for its group.
 */
export function migrationScript(alone: readonly string[], shared: readonly string[]): string {
  const isShared = shared.length > 0
  const lines = [KEEP, GIVE, back(isShared), UNDO, ...alone, ...(isShared ? [SHARE, ...shared] : [])]
  return `${lines.join('\n')}\n`
}

/** Lists the files of each owner and mode in `/owners`, then gives them to the new owner. */
const KEEP = String.raw`keep='s=$(stat -c %u:%g:%a "$@"); (for o in $s; do printf "%s\0" "$1" >>/owners/$o; shift; done); chown -h $to "$@"; echo "$0: $# belong to $to now"'`

/** A new owner would take set-user-id from a file; a device is root's wherever it is. */
const GIVE = String.raw`give() { id=$1; export to=$2; shift 2; find /volumes/$id -xdev "$@" ! -type b ! -type c \( -type d -o ! -perm -4000 ! -perm -2000 \) -exec sh -euc "$keep" $id {} +; }`

/** Gives the files of a list back, but for what is gone and where a link has come into the way. */
function back(isShared: boolean): string {
  const mode = isShared ? `; [ -L "$f" ] || chmod 00\${0##*:} "$f"` : ''
  return `back='n=0; for f do d=\${f%/*}; if cd -P "$d" 2>/dev/null && [ "$PWD" = "$d" ] && { [ -e "$f" ] || [ -L "$f" ]; }; then chown -h \${0%:*} "$f"${mode}; n=$((n + 1)); fi; done; echo "$n belong to \${0%:*} again"'`
}

/** The word behind the service's name is `$0` here. */
const UNDO = `if [ "$0" = undo ]; then for l in /owners/*; do [ ! -f $l ] || { xargs -0 sh -euc "$back" \${l##*/} <$l; rm $l; }; done; exit; fi`

/** From here on, what is given is made writable for its group, and folders hand the group on. */
const SHARE = `keep="$keep"'; for f do m=g+rwX; [ ! -d "$f" ] || m=g+rwXs; [ -L "$f" ] || chmod $m "$f"; done'`
