// What leaves a step out leaves out what builds upon it, and the report says what is, not what would have been.
import { describe, expect, test } from '@jest/globals'
import { harden } from '../../src/index.ts'
import { runsAs } from '../../src/report/summary.ts'

const debian = 'FROM debian:12\nVOLUME /data\nCMD ["sleep", "inf"]\n'
const nginx = 'FROM nginx:latest\nEXPOSE 80\nHEALTHCHECK CMD curl -f localhost:80\n'
const ways: readonly [string, (text: string, name: string) => ReturnType<typeof harden>][] = [
  ['configuration', (dockerfile, name) => harden({ dockerfile, policy: { ignore: [name] } })],
  ['comment', (text, name) => harden({ dockerfile: `# harden-image ignore=${name} reason=ours\n${text}` })],
]

describe.each(ways)('by %s', (_, ignoring) => {
  test('create-user: a bare uid, which is said', () => {
    const result = ignoring(debian, 'create-user')
    expect(result.output).not.toContain('useradd')
    expect(result.output).toContain(
      '# harden-image: 10001:10001, a bare uid, which needs no account\nUSER 10001:10001\n',
    )
    expect(result.output).toContain('install -d -o 10001 -g 10001 /data')
    expect(runsAs({ result })).toBe('would run as 10001:10001; it needs no account')
    const said = result.findings.map(({ message }) => message).join('\n')
    expect(said).toMatch(/no account is made for 10001:10001, as .* asks \((ignore|ours)\)/)
  })

  test('raise-ports: nothing says a port that nothing was moved to', () => {
    const { output, findings } = ignoring(nginx, 'raise-ports')
    expect(output).not.toContain('8080')
    expect(output).toContain('USER 101:101')
    expect(findings.find(({ transform }) => transform === 'raise-ports')?.message).toMatch(
      /^port 80 stays: kept as .* asks/,
    )
  })
})

test('set-user: nobody is said to run it who does not', () => {
  const result = harden({ dockerfile: debian, policy: { ignore: ['set-user'] } })
  expect(result).toMatchObject({
    verdict: 'exempt',
    user: null,
    stages: [{ userBefore: 'root', userAfter: 'root' }],
  })
  expect(result.findings.find(({ transform }) => transform === 'set-user')?.hint).toContain('--user 10001:10001')
})
