import { FIRST_UNPRIVILEGED_PORT } from '../evidence/claim.ts'
import { decided } from '../plan/plan.ts'
import type { ProfileSource } from './make-profile.ts'
import type { ProfilePort } from './profile.ts'

/** What is exposed or was seen to be bound, where it was and where it is. */
export function portsOf({ plan, facts }: ProfileSource): readonly ProfilePort[] {
  const ports = new Map<string, ProfilePort>()
  const moved = decided(plan, 'switch-base').flatMap((base) => base.ports)
  for (const { port, protocol } of facts.config.exposedPorts) {
    ports.set(`${port}/${protocol}`, {
      from: port,
      to: moved.find(({ from }) => from === port)?.to ?? port,
      protocol,
    })
  }
  for (const { from, to, protocol, exposed } of decided(plan, 'port')) {
    if (exposed || to !== null) ports.set(`${from}/${protocol}`, { from, to: to ?? from, protocol })
  }
  return [...ports.values()]
}

/** A port below 1024 that stays: not every runtime lifts the kernel's limit (FACTS 18). */
export function sysctlsFor(ports: readonly ProfilePort[], root: boolean): Readonly<Record<string, string>> {
  const low = ports.map(({ to }) => to).filter((port) => port < FIRST_UNPRIVILEGED_PORT)
  return root || low.length === 0 ? {} : { 'net.ipv4.ip_unprivileged_port_start': String(Math.min(...low)) }
}

/** Where a container has no network of its own the limit is the machine's, and no setting of the container lifts it. */
export function hostPortNotes(where: string, sysctls: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(sysctls).map(
    ([name, value]) =>
      `${where} has the ports of the machine, where a user other than root may bind port ${value} only after sysctl -w ${name}=${value} there`,
  )
}
