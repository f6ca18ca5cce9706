import { expect, test } from '@jest/globals'
import { bake } from '../../src/report/bake.ts'
import type { Rendering } from '../../src/report/format.ts'
import type { TargetResult } from '../../src/report/report.ts'

function rendering(target: string, more: Partial<TargetResult> = {}, build?: Rendering['build']): Rendering {
  const result: TargetResult = {
    ...{ target, kind: 'dockerfile', verdict: 'rewritten', user: null, ports: [], stages: [], findings: [] },
    ...{ output: 'FROM a\nUSER 7\n', changed: true, proof: null, ...more },
  }
  return { result, source: 'FROM a\n', path: target, ...(build === undefined ? {} : { build }) }
}

test('each result is a target by a name of its own, and what failed is none', () => {
  const file = JSON.parse(
    bake.render(
      [
        rendering('services/api/Dockerfile', {}, { context: 'services', args: { VERSION: '1' }, target: 'app' }),
        rendering('services/api'),
        rendering('broken', { verdict: 'failed' }),
      ],
      { colour: false },
    ),
  )
  expect(file.group.default.targets).toEqual(['services-api', 'services-api-2'])
  expect(file.target['services-api']).toEqual({
    context: 'services',
    'dockerfile-inline': 'FROM a\nUSER 7\n',
    args: { VERSION: '1' },
    target: 'app',
    tags: ['services-api:nonroot'],
  })
})

test('a variable of the Dockerfile is none of the bake file', () => {
  const text = bake.render([rendering('x', { output: `FROM a\nENV P=\${Q} R=%{S}\n` })], { colour: false })
  expect(JSON.parse(text).target.x['dockerfile-inline']).toBe('FROM a\nENV P=$${Q} R=%%{S}\n')
})
