import { describe, expect, test } from '@jest/globals'
import type { Healthcheck } from '../../src/image/facts.ts'
import type { PortDecision } from '../../src/plan/plan.ts'
import { healthcheckText, movedHealthcheck, moveHealthcheckPort } from '../../src/plan/ports/healthcheck.ts'
import { image } from './image.ts'

describe('port 80 in a check', () => {
  test.each<[string, string]>([
    ['CMD curl -f http://localhost:80/', 'CMD curl -f http://localhost:8080/'],
    ['CMD curl -f http://localhost/', 'CMD curl -f http://localhost:8080/'],
    ['CMD curl -f http://localhost', 'CMD curl -f http://localhost:8080'],
    ['CMD curl -f http://localhost || exit 1', 'CMD curl -f http://localhost:8080 || exit 1'],
    ['CMD curl -f "http://127.0.0.1/health"', 'CMD curl -f "http://127.0.0.1:8080/health"'],
    ['CMD curl -f http://[::1]/', 'CMD curl -f http://[::1]:8080/'],
    ['CMD curl -f localhost/health', 'CMD curl -f localhost:8080/health'],
    ['CMD wget -qO- localhost', 'CMD wget -qO- localhost:8080'],
    ['CMD ["curl", "-f", "http://localhost/"]', 'CMD ["curl", "-f", "http://localhost:8080/"]'],
    ['CMD ["nc", "-z", "localhost", "80"]', 'CMD ["nc", "-z", "localhost", "8080"]'],
    ['CMD nc -z localhost 80', 'CMD nc -z localhost 8080'],
    [
      'CMD curl http://localhost/ && curl http://localhost/x',
      'CMD curl http://localhost:8080/ && curl http://localhost:8080/x',
    ],
    // Other ports, other hosts, other numbers.
    ['CMD curl http://localhost:8000/', 'CMD curl http://localhost:8000/'],
    ['CMD curl http://localhost:800/', 'CMD curl http://localhost:800/'],
    ['CMD curl https://localhost/', 'CMD curl https://localhost/'],
    ['CMD curl http://localhost.example.org/', 'CMD curl http://localhost.example.org/'],
    ['CMD curl http://api:80/', 'CMD curl http://api:80/'],
    ['CMD sleep 80', 'CMD sleep 80'],
    ['NONE', 'NONE'],
  ])('%s', (before, after) => {
    expect(moveHealthcheckPort(before, { from: 80, to: 8080 })).toBe(after)
    expect(moveHealthcheckPort(after, { from: 80, to: 8080 })).toBe(after)
  })

  test('localhost becomes the address that is listened at, for the port that moved alone', () => {
    const port = { from: 80, to: 8080, checkedAt: '127.0.0.1' }
    expect(moveHealthcheckPort('wget http://localhost || curl localhost:80/', port)).toBe(
      'wget http://127.0.0.1:8080 || curl 127.0.0.1:8080/',
    )
    expect(moveHealthcheckPort('wget http://localhost:3000/', port)).toBe('wget http://localhost:3000/')
  })

  test('443 is https without a port', () => {
    expect(moveHealthcheckPort('curl -k https://localhost/ http://localhost/', { from: 443, to: 8443 })).toBe(
      'curl -k https://localhost:8443/ http://localhost/',
    )
  })

  test('a host alone is port 80, for curl and wget', () => {
    expect(moveHealthcheckPort('wget localhost/', { from: 443, to: 8443 })).toBe('wget localhost/')
    expect(moveHealthcheckPort('ping localhost', { from: 80, to: 8080 })).toBe('ping localhost')
  })

  test('another port is never implied', () => {
    expect(moveHealthcheckPort('curl http://localhost/ https://localhost/', { from: 81, to: 8081 })).toBe(
      'curl http://localhost/ https://localhost/',
    )
  })
})

const port = (from: number, to: number | null): PortDecision => ({
  from,
  to,
  protocol: 'tcp',
  reason: '',
  exposed: true,
  evidence: [],
})

describe("the base image's check", () => {
  const moved = (healthcheck: string[], ...ports: PortDecision[]) =>
    movedHealthcheck(image({ config: { healthcheck } }).config, ports)?.test ?? null

  test('follows each port that moved', () => {
    expect(moved(['CMD', 'nc', '-z', 'localhost', '80'], port(80, 8080))).toEqual([
      'CMD',
      'nc',
      '-z',
      'localhost',
      '8080',
    ])
    expect(moved(['CMD-SHELL', 'curl localhost:80 localhost:81'], port(80, 8080), port(81, 8081))).toEqual([
      'CMD-SHELL',
      'curl localhost:8080 localhost:8081',
    ])
  })

  test('stays where nothing of it moved', () => {
    expect(moved(['CMD-SHELL', 'curl localhost:80'], port(80, null))).toBeNull()
    expect(moved(['CMD-SHELL', 'true'], port(80, 8080))).toBeNull()
    expect(movedHealthcheck(image({}).config, [port(80, 8080)])).toBeNull()
  })
})

test.each<[Healthcheck, string]>([
  [{ test: ['NONE'] }, 'NONE'],
  [{ test: ['CMD', 'a', 'b "c"'] }, 'CMD ["a","b \\"c\\""]'],
  [{ test: ['CMD-SHELL', 'a || exit 1'] }, 'CMD a || exit 1'],
  [
    {
      test: ['CMD-SHELL', 'a'],
      intervalMs: 90000,
      timeoutMs: 100,
      startPeriodMs: 1,
      startIntervalMs: 2000,
      retries: 3,
    },
    '--interval=90s --timeout=100ms --start-period=1ms --start-interval=2s --retries=3 CMD a',
  ],
  [{ test: ['CMD-SHELL', 'a\nb "c"'] }, 'CMD ["/bin/sh","-c","a\\nb \\"c\\""]'],
])('%j is written as %s', (check, text) => {
  expect(healthcheckText(check)).toBe(text)
})
