import type { ContainerProcess } from './engine.ts'

/** Bit by bit, as in linux/capability.h. */
const capabilityNames =
  'CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE'.split(
    ' ',
  )

/** One line of /proc/<pid>/uid_map as the reader sees it: ids from `inside` on are ids from `outside` on. */
export interface IdRange {
  readonly inside: number
  readonly outside: number
  readonly count: number
}

/** How an id that no range maps shows up inside a user namespace (/proc/sys/kernel/overflowuid). */
const overflowId = 65534

export function parseIdMap(text: string): readonly IdRange[] {
  return text
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .flatMap(([inside, outside, count]) =>
      inside === undefined || outside === undefined || !count ? [] : [{ inside, outside, count }],
    )
}

/** What a /proc/<pid>/status says. */
export interface ProcessStatus {
  readonly name: string
  readonly pid: number
  readonly parent: number
  /** It has ended and waits to be reaped; it can do nothing any more. */
  readonly zombie: boolean
  readonly identity: Omit<ContainerProcess, 'pid' | 'command'>
}

/** `uids` and `gids` map ids back to those inside the container; empty where they are the same. */
export function parseStatus(text: string, uids: readonly IdRange[] = [], gids: readonly IdRange[] = []): ProcessStatus {
  const fields = new Map<string, string>()
  for (const line of text.split('\n')) {
    const at = line.indexOf(':')
    if (at > 0) fields.set(line.slice(0, at), line.slice(at + 1).trim())
  }
  const numbers = (key: string): readonly number[] => (fields.get(key) ?? '').split(/\s+/).filter(Boolean).map(Number)
  const sets = ['CapEff', 'CapPrm', 'CapInh', 'CapAmb'].map((key) => fields.get(key))
  const bounding = fields.get('CapBnd')
  const handled = fields.get('SigCgt')
  const noNewPrivileges = fields.get('NoNewPrivs')
  return {
    name: fields.get('Name') ?? '',
    pid: Number(fields.get('Pid') ?? 0),
    parent: Number(fields.get('PPid') ?? 0),
    zombie: /^[ZX]/.test(fields.get('State') ?? ''),
    identity: {
      uids: numbers('Uid').map((id) => insideId(id, uids)),
      gids: numbers('Gid').map((id) => insideId(id, gids)),
      groups: numbers('Groups').map((id) => insideId(id, gids)),
      capabilities: sets.some((set) => set === undefined) ? null : namesIn(sets.map((set) => BigInt(`0x${set}`))),
      bounding: bounding === undefined ? null : namesIn([BigInt(`0x${bounding}`)]),
      noNewPrivileges: noNewPrivileges === undefined ? null : noNewPrivileges === '1',
      handled: handled === undefined ? null : signalsIn(BigInt(`0x${handled}`)),
    },
  }
}

function namesIn(sets: readonly bigint[]): readonly string[] {
  const all = sets.reduce((union, set) => union | set, 0n)
  const names: string[] = []
  for (let bit = 0; all >> BigInt(bit) > 0n; bit += 1) {
    if (((all >> BigInt(bit)) & 1n) === 1n) names.push(capabilityNames[bit] ?? `#${bit}`)
  }
  return names
}

/** Signal 1 is bit 0. */
function signalsIn(set: bigint): readonly number[] {
  const signals: number[] = []
  for (let bit = 0n; set >> bit > 0n; bit += 1n) if (((set >> bit) & 1n) === 1n) signals.push(Number(bit) + 1)
  return signals
}

function insideId(id: number, ranges: readonly IdRange[]): number {
  if (ranges.length === 0) return id
  const range = ranges.find(({ outside, count }) => id >= outside && id < outside + count)
  return range === undefined ? overflowId : range.inside + (id - range.outside)
}
