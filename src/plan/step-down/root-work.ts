import { type Instruction, says, shellCommands } from '../../dockerfile/index.ts'
import { isSharedFolder, normalisePath, parentOf } from '../../places.ts'
import type { ShellCommand } from '../../shell/index.ts'
import { table } from '../../table.ts'

const ALWAYS = new Set(
  `useradd userdel usermod groupadd groupdel groupmod adduser deluser addgroup delgroup chpasswd passwd
   update-ca-certificates update-alternatives ldconfig setcap a2enmod a2dismod a2ensite a2dissite locale-gen
   dpkg-reconfigure docker-php-ext-install docker-php-ext-enable docker-php-ext-configure install-php-extensions`.split(
    /\s+/,
  ),
)
const PACKAGES: Readonly<Record<string, RegExp>> = table({
  'apt-get': /^(?!download$|source$|changelog$)/,
  apt: /^(install|update|upgrade|full-upgrade|remove|purge|autoremove)$/,
  apk: /^(add|del|upgrade|update|fix)$/,
  yum: /^/,
  dnf: /^/,
  microdnf: /^/,
  tdnf: /^/,
  zypper: /^/,
  pacman: /^-(S|R|U)/,
  dpkg: /^(-i|--install|--add-architecture|-r|-P|--purge|--remove)$/,
  rpm: /^(-[iUFe]|--import|--install|--erase)/,
  pecl: /^install$/,
})
const SYSTEM = /^\/(etc|usr|bin|sbin|lib|lib64|boot)(\/|$)/
const QUICK =
  /\b(useradd|adduser|addgroup|group(add|mod|del)|user(mod|del)|deluser|delgroup|passwd|apt|apt-get|apk|yum|dnf|microdnf|tdnf|zypper|pacman|dpkg|rpm|pecl|chown|chgrp|update-|ldconfig|setcap|a2|locale-gen|docker-php|install-php|mkdir|ln|cp|mv|install)\b|>\s*\/|tee\b/

/** Why a RUN can only work as root, in a few words; null where nothing says so. */
export function rootWork(instruction: Instruction, isOwn: (owner: string) => boolean): string | null {
  if (instruction.keyword !== 'RUN') return null
  if (!says(instruction, QUICK)) return null
  const script = shellCommands(instruction)
  if (script.kind !== 'parsed') return null
  for (const command of script.commands) {
    const reason = workOf(command, isOwn)
    if (reason !== null) return reason
  }
  return null
}

function workOf(command: ShellCommand, isOwn: (owner: string) => boolean): string | null {
  const { name } = command
  for (const redirect of command.redirects) {
    const path = redirect.operator.startsWith('>') ? (redirect.target?.value ?? '') : ''
    if (SYSTEM.test(path)) return `writes ${path}`
  }
  if (name === null) return null
  const words = command.words.slice(1).map((word) => word.value)
  // Null where a variable decides the word. It keeps its place, so that no other word is mistaken for it.
  const operands = words.filter((word) => word === null || !word.startsWith('-'))
  if (ALWAYS.has(name)) return `runs ${name}`
  const rule = PACKAGES[name]
  if (rule !== undefined) {
    const verb = /^(pacman|dpkg|rpm)$/.test(name) ? words[0] : operands[0]
    return verb !== undefined && verb !== null && rule.test(verb) ? `runs ${name} ${verb}` : null
  }
  if (name === 'chown' || name === 'chgrp') return ownership(name, operands, isOwn)
  if (name === 'mkdir') {
    const made = operands.find((path) => path !== null && isNewTopFolder(path))
    return made == null ? null : `makes ${made}`
  }
  if (/^(ln|cp|mv|install|tee)$/.test(name)) {
    const target = operands.at(-1) ?? ''
    return SYSTEM.test(target) ? `writes ${target}` : null
  }
  return null
}

/**
 * Only root gives files away; a user may "give" what is its own to itself, where nobody else can have made it, and to a
 * group that it is in: group 0 is OpenShift's, and a bare uid has no other (FACTS 1).
 */
function ownership(
  name: string,
  operands: readonly (string | null)[],
  isOwn: (owner: string) => boolean,
): string | null {
  const [owner = null, ...rest] = operands
  const paths = rest.filter((word) => word !== null)
  const path = paths.find((text) => text.startsWith('/')) ?? paths[0]
  if (owner === null || path === undefined) return null
  const toGroup = name === 'chgrp' ? owner : owner.replace(/^[:.]/, '')
  if ((name === 'chgrp' || toGroup !== owner) && /^(0|root)$/.test(toGroup) && !paths.some((text) => SYSTEM.test(text)))
    return null
  if (
    isOwn(owner.split(/[:.]/)[0] ?? '') &&
    paths.every((text) => !text.startsWith('/') || /^\/(home|tmp|var\/tmp)\//.test(text))
  )
    return null
  if (name === 'chgrp' && !path.startsWith('/')) return null
  return `runs ${name} ${owner} ${path}`
}

/** `/data`, `/opt/app`: below a folder that is root's in every image. */
function isNewTopFolder(path: string): boolean {
  const normal = normalisePath(path)
  if (!path.startsWith('/') || normal === null) return false
  const parent = parentOf(normal)
  return isSharedFolder(parent) && !/^\/(tmp|var\/tmp|run\/lock|var\/lock|dev)$/.test(parent) && !isSharedFolder(normal)
}
