/**
 * For any POSIX shell with the usual `find`, `stat`, `xargs`, `chown`, `chmod` and `tr` (GNU or BusyBox). File names are
 * anybody's: they go from program to program as arguments and between NULs, and all begin with a slash. Links are never
 * followed (FACTS 15). Nothing changes of which the owner and the mode are not kept before, also where it is cut short; a second
 * run finds nothing to do.
 */
export const MIGRATION_SCRIPT = String.raw`set -eu
export LC_ALL=C
action=$1
kept=/owners-before

# FOLDER FORMAT NAME...: keeps who owns each, and its mode where that changes.
note='set -eu; to=$1 format=$2; shift 2
owners=$(stat -c "$format" "$@")
[ "$(echo "$owners" | wc -l)" -eq $# ] || { echo "something changes meanwhile: stop the services first" >&2; exit 1; }
for owner in $owners; do printf "%s\0" "$1" >>"$to/$owner"; shift; done'

# OWNER MODE NAME...: gives each to the owner, unless it is gone or a link has come into the way.
give='set -eu; owner=$1 mode=$2 last= ok=; shift 2
for name do
  shift; folder=@{name%/*}
  if [ "$folder" != "$last" ]; then
    last=$folder ok=
    [ "$(cd -P "$folder" 2>/dev/null && pwd -P; echo .)" != "$folder
." ] || ok=1
  fi
  [ -n "$ok" ] || continue
  [ -e "$name" ] || [ -L "$name" ] || continue
  set -- "$@" "$name"
done
[ $# -gt 0 ] || exit 0
chown -h "$owner" "$@"
[ -n "$mode" ] || exit 0
for name do shift; [ -L "$name" ] || set -- "$@" "$name"; done
[ $# -gt 0 ] || exit 0
if [ "$mode" != shared ]; then chmod ug-s "$@"; chmod "$mode" "$@"; exit 0; fi
chmod g+rwX "$@"
for name do shift; [ ! -d "$name" ] || set -- "$@" "$name"; done
[ $# -eq 0 ] || chmod g+s "$@"'

count() { tr -cd '\000' | wc -c | tr -d ' '; }
shown() {
  xargs -0 sh -c 'n=0; for name do [ $n -lt 10 ] || break; n=$((n + 1)); printf "  "; printf %s "$name" | tr -c " -~" "?"; echo; done' shown
}

# KIND MEMBERS ID NAME PATH UID:GID FROM...: what is in PATH and belongs to one of FROM goes to UID:GID. MEMBERS share it as that group.
hand() {
  kind=$1 members=$2 id=$3 name=$4 path=$5 owner=$6; shift 6
  uid=@{owner%:*} gid=@{owner#*:} from=" $* " todo=$kept/$id.todo
  if [ "$action" = undo ]; then undo; return; fi
  if [ ! -e "$path" ]; then echo "$name: nothing is there"; return; fi
  if [ "$(cd -P "@{path%/*}" && pwd -P)" != "@{path%/*}" ]; then echo "$name: left alone, a link leads to it"; return; fi
  format=%u:%g: links='-links +0' mode=
  for one do shift; set -- "$@" -o -user "$one"; done
  # What people have made on the machine: the folder itself goes over whoever has it, no file that stands elsewhere too.
  if [ "$kind" = host ]; then set -- "$@" -o -path "$path"; links='-links 1'; fi
  shift
  set -- ! -user "$uid" \( "$@" \)
  if [ -n "$members" ]; then
    format=%u:%g:%a mode=shared
    for one in $members; do set -- "$@" -o -user "$one" \( ! -group "$gid" -o -type d ! -perm -2070 -o -type f ! -perm -060 \); done
  fi
  mkdir -p "$kept/$id" "$todo"
  hand_over
  # A new owner would take set-user-id from a file; a device is root's wherever it is.
  find "$path" -xdev \( "$@" \) \( -type d -o -type l -o -type p -o -type s -o -type f $links ! -perm -4000 ! -perm -2000 \) -exec sh -c "$note" note "$todo" "$format" {} +
  hand_over
  rmdir "$todo"
  for one in $uid $members; do set -- "$@" ! -user "$one"; done
  shift $(($# - 3 * $(echo $uid $members | wc -w)))
  left=$(find "$path" -xdev "$@" -print0 | count)
  if [ "$left" -gt 0 ]; then
    echo "$name: $left of others are left alone (files of other users, of several names or with set-user-id)"
    find "$path" -xdev "$@" -print0 | shown
  fi
}

# What a run before has kept and not come to as well.
hand_over() {
  for list in "$todo"/*; do
    [ -f "$list" ] || continue
    was=@{list##*/} to=$owner
    case "$from" in *" @{was%%:*} "*) ;; *) [ -z "$members" ] || to=:$gid ;; esac
    cat "$list" >>"$kept/$id/$was"
    xargs -0 -n 200 sh -c "$give" give "$to" "$mode" <"$list"
    echo "$name: $(count <"$list") of @{was%:*} belong to $to now"
    shown <"$list"
    rm "$list"
  done
}

undo() {
  for list in "$kept/$id"/*; do
    [ -f "$list" ] || continue
    was=@{list##*/}
    xargs -0 -n 200 sh -c "$give" give "@{was%:*}" "@{was##*:}" <"$list"
    echo "$name: $(count <"$list") belong to @{was%:*} again"
  done
  rm -rf "$kept/$id" "$todo"
}
`.replaceAll('@{', '${')
