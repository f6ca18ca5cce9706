import type { Mount } from '../../engine/engine.ts'
import { limits, lockedSpec } from '../container/run-specs.ts'
import { type FirstCondition, runUnder } from './condition.ts'

export const plain: FirstCondition = {
  name: 'plain',
  summary: 'what must be root',
  when: 'cause',
  isRequired: () => true,
  isCompared: () => false,
  run: async (request) => (await runUnder(request, limits({ image: request.image }), plain.name, true)).cell,
}

export const dropped: FirstCondition = {
  name: 'capabilities dropped, no new privileges',
  summary: 'a setuid helper',
  when: 'cause',
  isRequired: () => true,
  isCompared: () => false,
  async run(request) {
    const spec = limits({ image: request.image, capDrop: ['ALL'], noNewPrivileges: true })
    return (await runUnder(request, spec, dropped.name, true)).cell
  },
}

/** The run that is compared, where that has no uid of its own. */
export const lowPorts: FirstCondition = {
  name: 'the same, low ports refused',
  summary: 'a port below 1024 that stays',
  when: 'cause',
  isRequired: () => true,
  isCompared: ({ arbitraryUid }) => !arbitraryUid,
  run: async (request) => (await runUnder(request, lockedSpec(request.image), lowPorts.name, true)).cell,
}

export const readOnly: FirstCondition = {
  name: 'read-only root',
  summary: 'writes where no mount can be; the mounts that it takes are named',
  when: 'start',
  usesMounts: true,
  isRequired: () => false,
  isCompared: () => false,
  async run(request) {
    const { image, mounts } = request
    const { cell } = await runUnder(request, { ...lockedSpec(image), readOnly: true, mounts }, readOnly.name, false)
    return cell.outcome === 'pass' ? { ...cell, reason: described(mounts) } : cell
  },
}

function described(mounts: readonly Mount[]): string {
  if (mounts.length === 0) return 'nothing needs to be writable'
  return mounts.map(({ type, target }) => `${type} on ${target}`).join(', ')
}
