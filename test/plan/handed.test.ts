import { expect, test } from '@jest/globals'
import { stageInputs } from '../../src/app/stage-inputs.ts'
import { parseDockerfile } from '../../src/dockerfile/index.ts'
import { makePlan } from '../../src/plan/make-plan.ts'
import { knowledgeOf, policyOf } from '../harden/support/facts.ts'

test('state folders that the Dockerfile hands to the account stay writable, its code does not', () => {
  const dockerfile = parseDockerfile(`FROM debian:trixie-slim
RUN mkdir -p /app/uploads && chown -R www-data /app/uploads && chown -R www-data /app/code && chown root /app/data
CMD ["apache2"]
`)
  const file = {
    bases: { 'debian:trixie-slim': { like: 'debian', passwd: ['www-data:x:33:33::/var/www:/usr/sbin/nologin'] } },
    observation: { uids: [33], opened: [] },
  }
  const policy = policyOf(file)
  const plan = makePlan(stageInputs(dockerfile, policy, knowledgeOf(file, dockerfile)), policy)
  expect(plan.stages[0]?.handed).toEqual(['/app/uploads'])
})
