import { table } from '../../table.ts'
import type { Platform } from '../facts.ts'

// Apart from what reads images, which most runs do without.
const architectures: Readonly<Record<string, string>> = table({ x64: 'amd64', ia32: '386', ppc64: 'ppc64le' })

/** What an engine of this machine would run. */
export function ownPlatform(): Platform {
  return { os: 'linux', architecture: architectures[process.arch] ?? process.arch }
}
