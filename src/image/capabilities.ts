/** Bit by bit, as in linux/capability.h. */
const NAMES =
  'CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE'.split(
    ' ',
  )

/** The names, without `CAP_`, of all capabilities in one of the sets; `#41` for an unknown one. */
export function capabilityNames(sets: readonly bigint[]): readonly string[] {
  const all = sets.reduce((union, set) => union | set, 0n)
  const names: string[] = []
  for (let bit = 0; all >> BigInt(bit) > 0n; bit += 1) {
    if (((all >> BigInt(bit)) & 1n) === 1n) names.push(NAMES[bit] ?? `#${bit}`)
  }
  return names
}

/** As files of others write it (`cap_net_raw`, `NET_RAW`), the name without `CAP_`. */
export function plainCapability(written: string): string {
  return written.toUpperCase().replace(/^CAP_/, '')
}

/** The number of a capability; null for an unknown name. */
export function capabilityNumber(name: string): number | null {
  const at = NAMES.indexOf(name)
  return at < 0 ? null : at
}

const EFFECTIVE = 0x1

/**
 * The capabilities that the attribute `security.capability` gives a program at its start: `struct vfs_cap_data` of
 * linux/capability.h, revisions 2 and 3. Empty without the effective bit (such a program starts everywhere), and for anything else.
 */
export function fileCapabilities(attribute: Buffer): readonly string[] {
  if (attribute.length < 20 || (attribute.readUInt32LE(0) & EFFECTIVE) === 0) return []
  const permitted = BigInt(attribute.readUInt32LE(4)) | (BigInt(attribute.readUInt32LE(12)) << 32n)
  return capabilityNames([permitted])
}

/** What a container of root has by default. Source: docker-run(1). */
export const DEFAULT_CAPABILITIES: readonly string[] =
  'AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE NET_RAW SETFCAP SETGID SETPCAP SETUID SYS_CHROOT'.split(
    ' ',
  )
