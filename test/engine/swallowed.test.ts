// Work that is refused, and whose refusal nobody is told of.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import pLimit from 'p-limit'
import { hardenOne } from './support/cli.ts'
import { buildText, docker } from './support/images.ts'

const loop = (work: string) => `trap 'exit 0' TERM; while true; do ( ${work} ) >/dev/null 2>&1; sleep 2; done`

/** The work of each as root. */
const LOST: Readonly<Record<string, string>> = {
  'makes a folder, and a file in it': 'mkdir -p /usr/share/reports; date > /usr/share/reports/last',
  'asks before it writes': '[ -w /usr/share ] && date > /usr/share/last',
  'locks before it writes': 'touch /usr/share/lock && date > /usr/share/last',
}
const KEPT: Readonly<Record<string, string>> = {
  'makes a folder that it may have': 'mkdir -p /opt/reports; date > /opt/reports/last',
  'makes a file in one run of two':
    '[ $(( $(date +%s) % 2 )) = 0 ] && [ -e /srv/none ] && date > /srv/none; date > /tmp/last',
  'writes a temporary file': 'mkdir -p /tmp/reports; date > /tmp/reports/$$',
  'takes another name each time': 'mkdir -p /opt/runs; date > /opt/runs/report-$(date +%s)',
}

const tags = new Map<string, string>()
const proofs = new Map<string, ReturnType<typeof hardenOne>>()

beforeAll(async () => {
  const limit = pLimit(2)
  for (const [name, work] of Object.entries({ ...LOST, ...KEPT })) {
    const tag = `harden-image-test/swallowed-${tags.size}`
    await buildText(`FROM debian:trixie-slim\nCMD ["sh", "-c", ${JSON.stringify(loop(work))}]\n`, tag)
    tags.set(name, tag)
    const proof = limit(() => hardenOne(tag, ['--prove']))
    // Each is looked at in its own test.
    proof.catch(() => undefined)
    proofs.set(name, proof)
  }
}, 60_000)

afterAll(async () => {
  for (const tag of tags.values()) await docker(['image', 'rm', '--force', tag])
}, 60_000)

describe('a worker that loses its work without a word is not hardened', () => {
  test.each(Object.keys(LOST))(
    '%s',
    async (name) => {
      const { result } = (await proofs.get(name)) ?? {}
      expect(result?.proof?.checks.filter(({ passed }) => !passed).map((check) => check.result)).toEqual([
        expect.stringMatching(/^not \/usr\/share\//),
      ])
      expect(result?.verdict).toBe('incomplete')
      expect(result?.findings.map(({ message }) => message).join('\n')).toContain('/usr/share belongs to the system')
    },
    600_000,
  )
})

describe('a worker that keeps its work is hardened', () => {
  test.each(Object.keys(KEPT))(
    '%s',
    async (name) => {
      const { result } = (await proofs.get(name)) ?? {}
      expect(result?.proof?.checks.filter(({ passed }) => !passed)).toEqual([])
      expect(result?.verdict).toBe('hardened')
    },
    600_000,
  )
})
