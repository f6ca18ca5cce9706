import { type Instruction, says, shellCommands } from '../../dockerfile/index.ts'
import { isSharedFolder, normalisePath, parentOf } from '../../places.ts'
import { type Action, actionsOf, type HandsOver, isSwitcher, type ShellCommand, type Word } from '../../shell/index.ts'
import { table } from '../../table.ts'

const ALWAYS = new Set(
  `update-ca-certificates update-alternatives ldconfig a2enmod a2dismod a2ensite a2dissite locale-gen
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
  for (const action of actionsOf(command)) {
    const reason = actionWork(action, isOwn)
    if (reason !== null) return reason
  }
  return null
}

function actionWork(action: Action, isOwn: (owner: string) => boolean): string | null {
  switch (action.kind) {
    case 'starts':
      // What a switch of user starts has the rights that this gives it.
      return action.via.some(isSwitcher) ? null : programWork(action.words)
    case 'changes-accounts':
    case 'sets-capabilities':
      return `runs ${action.tool}`
    case 'hands-over':
      return action.found === true ? null : ownership(action, isOwn)
    case 'makes': {
      const made = action.tool === 'mkdir' ? action.folders.find(({ value }) => isNewTopFolder(value)) : undefined
      return made === undefined
        ? action.tool === 'install'
          ? ofSystem(action.folders.at(-1))
          : null
        : `makes ${made.value}`
    }
    case 'puts':
      return action.tool === 'rsync' ? null : ofSystem(action.to)
    case 'writes':
      return action.tool === 'tee' || action.tool.includes('>') ? ofSystem(action.path) : null
    default:
      return null
  }
}

function ofSystem(word: Word | undefined): string | null {
  return SYSTEM.test(word?.value ?? '') ? `writes ${word?.value}` : null
}

function programWork([program, ...args]: readonly Word[]): string | null {
  const name = program?.value ?? ''
  if (ALWAYS.has(name)) return `runs ${name}`
  const rule = PACKAGES[name]
  // A word that a variable decides keeps its place, so that no other is mistaken for it.
  const operands = args.filter(({ value }) => value?.startsWith('-') !== true)
  const verb = (/^(pacman|dpkg|rpm)$/.test(name) ? args[0] : operands[0])?.value
  return rule !== undefined && verb != null && rule.test(verb) ? `runs ${name} ${verb}` : null
}

/**
 * Only root gives files away; a user may "give" what is its own to itself, where nobody else can have made it, and to a
 * group that it is in: group 0 is OpenShift's, and a bare uid has no other (FACTS 1).
 */
function ownership({ tool, owner, paths: words }: HandsOver, isOwn: (owner: string) => boolean): string | null {
  const paths = words.flatMap(({ value }) => value ?? [])
  const path = paths.find((text) => text.startsWith('/')) ?? paths[0]
  const given = owner?.value ?? null
  if (given === null || path === undefined) return null
  const toGroup = tool === 'chgrp' ? given : given.replace(/^[:.]/, '')
  if ((tool === 'chgrp' || toGroup !== given) && /^(0|root)$/.test(toGroup) && !paths.some((text) => SYSTEM.test(text)))
    return null
  if (
    isOwn(given.split(/[:.]/)[0] ?? '') &&
    paths.every((text) => !text.startsWith('/') || /^\/(home|tmp|var\/tmp)\//.test(text))
  )
    return null
  if (tool === 'chgrp' && !path.startsWith('/')) return null
  return `runs ${tool} ${given} ${path}`
}

/** `/data`, `/opt/app`: below a folder that is root's in every image. */
function isNewTopFolder(path: string | null): boolean {
  const normal = path?.startsWith('/') === true ? normalisePath(path) : null
  if (normal === null) return false
  const parent = parentOf(normal)
  return isSharedFolder(parent) && !/^\/(tmp|var\/tmp|run\/lock|var\/lock|dev)$/.test(parent) && !isSharedFolder(normal)
}
