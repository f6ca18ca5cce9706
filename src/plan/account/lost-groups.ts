import { knownIn, type Step, says, shellCommands } from '../../dockerfile/index.ts'
import type { Remark } from '../../evidence/claim.ts'
import { choices, joinTruncated } from '../../words.ts'
import type { AccountChoice } from '../plan.ts'
import type { StageInput } from '../stage-input.ts'

/** Groups that devices and daemons of the host belong to. Source: Debian's base-passwd, users-and-groups */
const OF_DEVICES =
  /^(?:audio|video|render|input|kvm|disk|dialout|plugdev|cdrom|floppy|tape|lp|scanner|i2c|gpio|spi|bluetooth|docker|libvirt|pulse(?:-access)?)$/
/** Groups that people are given to work in a container by hand. */
const BY_HAND = /^(?:sudo|wheel|root|adm|admin|users|staff)$/

/** Groups that RUN lines add the account, or root, to: `USER uid:gid` drops them (FACTS 6), and a process that ran by name had them. */
export function lostGroups({ stated }: StageInput, { name, uid, gid }: AccountChoice): readonly Remark[] {
  const { steps } = stated.view.contents
  const own = name === '' ? [] : groupsGivenTo(name, steps)
  const of = own.length > 0 ? name : 'root'
  const all = own.length > 0 ? own : groupsGivenTo('root', steps).filter((group) => OF_DEVICES.test(group))
  if (all.length === 0) return []
  const ids = `${uid < 0 ? name : uid}:${gid < 0 ? name : gid}`
  return [
    {
      outcome: all.some((group) => OF_DEVICES.test(group)) ? 'todo' : 'note',
      transform: 'set-user',
      message: `${of} is in ${joinTruncated(all)} by its name: as ${ids} it is not`,
      hint: choices(
        'give the groups at run time (--group-add, group_add, supplementalGroups)',
        'leave them out, where it needs nothing of theirs',
      ),
      about: 'RUN',
      evidence: [],
    },
  ]
}

/** Those beside its own that RUN lines put an account in, without what people work by hand with. */
export function groupsGivenTo(
  name: string,
  steps: readonly Pick<Step, 'instruction' | 'shell' | 'environment'>[],
): readonly string[] {
  const groups = new Set<string>()
  for (const { instruction, shell, environment } of steps) {
    if (instruction.keyword !== 'RUN' || !says(instruction, MAY_GIVE)) continue
    const script = shellCommands(instruction, shell)
    const values = knownIn(environment)
    for (const command of script?.kind === 'parsed' ? script.commands : []) {
      const words = command.words
        .slice(1)
        .map(({ text }) =>
          text.replace(/["']/g, '').replace(/\$\{?(\w+)\}?/g, (all, variable: string) => values.get(variable) ?? all),
        )
      for (const group of groupsGiven(command.name, words, name)) groups.add(group)
    }
  }
  return [...groups].filter((group) => /^[a-z_][\w-]*$/.test(group) && group !== name && !BY_HAND.test(group))
}

const MAY_GIVE = /\b(?:usermod|useradd|adduser|addgroup|gpasswd)\b/

/** usermod(8), useradd(8), adduser(8), gpasswd(1) and busybox' addgroup. */
function groupsGiven(tool: string | null, words: readonly string[], name: string): readonly string[] {
  const operands = words.filter((word) => !word.startsWith('-'))
  if (tool === 'adduser' || tool === 'addgroup')
    return words.length === 2 && operands.length === 2 && operands[0] === name ? operands.slice(1) : []
  if (tool === 'gpasswd') return /^(?:-a|--add)$/.test(words[0] ?? '') && words[1] === name ? words.slice(2) : []
  if ((tool !== 'usermod' && tool !== 'useradd') || !words.includes(name)) return []
  const at = words.findIndex((word) => /^(?:-[a-z]*G|--groups)$/.test(word))
  const last = words.lastIndexOf(name)
  if (last !== words.length - 1 && last !== 0) return []
  const glued = words.flatMap((word) => /^--groups=(.+)$/.exec(word)?.[1] ?? [])
  return [...(at < 0 ? [] : [words[at + 1] ?? '']), ...glued].flatMap((list) => list.split(','))
}
