import { isInterpreter } from '../command/index.ts'
import type { Shipped } from '../contents/stage-contents.ts'
import { shellCommands } from '../dockerfile/index.ts'
import { baseName } from '../places.ts'
import type { Remark } from '../plan/plan.ts'
import type { InstalledPackage } from './installed.ts'
import { isNamedAlike, TOOLS, unknownWrites } from './unlisted-daemons.ts'

/** Programs of the distribution itself, none of which serves anything. */
const BASE =
  /^(\[|true|false|echo|printf|cat|tac|head|tail|tee|sed|awk|mawk|gawk|grep|cut|tr|sort|uniq|wc|find|xargs|ls|cp|mv|rm|ln|mkdir|rmdir|touch|chmod|chown|chgrp|install|stat|date|sleep|wait|id|whoami|hostname|uname|env|exec|export|test|trap|ulimit|umask|set|cd|nproc|seq|basename|dirname|readlink|realpath|mktemp|kill|ps|pgrep|pkill|service|start-stop-daemon|getent|useradd|groupadd|usermod|groupmod|adduser|addgroup|openssl|envsubst|mount|umount|ip|jq|gzip|gunzip|tar|diff|sync|update-ca-certificates|supervisord|supervisorctl|systemctl|sysctl|s6-.*|runsvdir|crond?)$/

/** They bring programs that are of no package. */
const BUILDERS =
  /^(make|cmake|ninja|meson|cargo|rustup|go|pip3?|pipx|uv|npm|yarn|pnpm|gem|bundle|cpanm?|luarocks|composer|opam|stack|cabal|mix|rebar3|curl|wget|tar|unzip|dpkg|rpm|git|gcc|g\+\+|cc|clang|mvn|gradle|dotnet|Rscript|R|install)$/

/** Where no package of a distribution puts a program. */
const ELSEWHERE = /^(?!\/(usr\/)?(s?bin|lib|libexec|games)\/).*\//

/**
 * A server that a bare distribution can only have from one of the packages that are installed in here, whatever it is
 * called: `upsd` is nut-server's. `words`: what is started, as it is said. Empty where one of the programs is known, or something else than a package may bring it.
 */
export function unnamedDaemons(
  installed: readonly InstalledPackage[],
  programs: readonly string[],
  known: readonly string[],
  words: readonly string[],
  { entries, copies, steps }: Pick<Shipped, 'entries' | 'copies' | 'steps'>,
): readonly Remark[] {
  const packages = installed.filter(({ line }) => line !== null)
  if (packages.length === 0 || programs.some((program) => isIdentified(program, known, packages))) return []
  const files = [...entries].flatMap(([path, { type }]) => (type === 'directory' ? [] : [path]))
  const elsewhere = new Set([...files, ...words.filter((word) => ELSEWHERE.test(word))].map(baseName))
  const others = programs.filter(
    (program) => !BASE.test(program) && !TOOLS.test(program) && !isInterpreter(program) && !elsewhere.has(program),
  )
  const program = others.at(-1)
  if (program === undefined || program === '' || copies.some(({ seen }) => !seen) || isBuilt(steps)) return []
  return [unknownWrites(program, packages)]
}

function isIdentified(program: string, known: readonly string[], packages: readonly InstalledPackage[]): boolean {
  return known.includes(program) || packages.some(({ name }) => isNamedAlike(name, program.replace(/^in\./, '')))
}

function isBuilt(steps: Shipped['steps']): boolean {
  return steps.some(({ instruction, shell }) => {
    if (instruction.keyword !== 'RUN') return false
    const script = shellCommands(instruction, shell)
    return (
      script.kind !== 'parsed' || script.commands.some(({ name }) => name !== null && BUILDERS.test(baseName(name)))
    )
  })
}
