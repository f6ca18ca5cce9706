import type { ImageConfig } from '../image/facts.ts'
import { isSystemFolder, normalisePath } from '../places.ts'
import type { Need } from '../plan/grants/need.ts'
import { stateNeed } from '../plan/grants/need.ts'
import type { Policy } from '../plan/policy.ts'

/** What the user said: `--writable PATH` and `--own workdir`. */
export function givenNeeds(policy: Policy, config: ImageConfig): readonly Need[] {
  const needs: Need[] = []
  for (const given of policy.writable) {
    const path = normalisePath(given)
    if (path === null) continue
    const isOfRepository = policy.writableByRepository?.includes(given) === true
    const need = stateNeed(path, 'given', 'given with --writable')
    needs.push(isOfRepository ? { ...need, byRepository: true } : need)
  }
  if (policy.own !== 'minimal' && !isSystemFolder(config.workdir)) {
    needs.push(stateNeed(config.workdir, 'given', `the working folder, asked for with --own ${policy.own}`))
  }
  return needs
}
