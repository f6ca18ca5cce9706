import { shellQuoted } from '../borders/shell.ts'
import { movedPort } from '../profile/compose-ports.ts'
import type { Profile } from '../profile/profile.ts'
import type { ReportFinding } from '../report/report.ts'
import { targetFinding } from '../report/target-finding.ts'
import type { BuildSettings } from '../work.ts'

/** Of ports that move: which Compose services publish them, and which are reached at them by other services alone. */
export function portNotes(
  services: BuildSettings['services'],
  ports: Profile['ports'],
  target: string,
): readonly ReportFinding[] {
  const moves = ports.filter(({ from, to }) => from !== to)
  if (moves.length === 0) return []
  return services.map(({ by, file, ports: written }) => {
    const published = moves.filter((move) => written.some((port) => movedPort(port, { ports: [move] }, []) !== port))
    if (published.length === 0)
      return note(
        `${by} does not publish its port: other services of ${file} reach it at ${said(moves)}`,
        'say the new port where they name it, or --ports keep',
      )
    return note(
      `${by} publishes port ${said(published)}`,
      `harden-image profile ${shellQuoted(target)} --for compose --file ${shellQuoted(file)} shows what becomes of it, and -w writes it`,
    )
  })
}

function said(moves: Profile['ports']): string {
  return moves.map(({ from, to }) => `${from}, which is ${to} now`).join(', and ')
}

function note(message: string, hint: string): ReportFinding {
  return targetFinding('read-build', 'note', message, hint)
}
