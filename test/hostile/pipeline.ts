// One target through all that is pure: the plan, the edits, the profile in its three ways, the report in all formats.
import { expect } from '@jest/globals'
import { daemonPorts, packages, programs, workingFolder } from '../../catalogue/index.ts'
import { baseReferences } from '../../src/app/base-images.ts'
import { hardenDockerfile } from '../../src/app/harden.ts'
import { profileFor } from '../../src/app/profile.ts'
import { stageInputs } from '../../src/app/stage-inputs.ts'
import { parseDockerfile } from '../../src/dockerfile/index.ts'
import { HardenError } from '../../src/errors.ts'
import { isRootUser, parseAccounts } from '../../src/image/accounts.ts'
import { parseImageConfig } from '../../src/image/config.ts'
import type { ImageFacts } from '../../src/image/facts.ts'
import { createFileModel } from '../../src/image/file-index.ts'
import type { FileEntry } from '../../src/image/file-model.ts'
import { lookUp } from '../../src/image/sources/catalogue.ts'
import { composeFile, dockerRun } from '../../src/manifests/docker.ts'
import { kubernetesManifest } from '../../src/manifests/kubernetes/new-files.ts'
import { defaultPolicy, type Policy } from '../../src/plan/stage-input.ts'
import { formatNames, formatOf } from '../../src/report/format.ts'
import type { TargetResult } from '../../src/report/report.ts'
import { transforms } from '../../transforms/index.ts'
import { parseFileLine } from '../harden/support/file-line.ts'

export interface HostileImage {
  /** The `config` of an image, as foreign JSON. */
  readonly config?: unknown
  readonly passwd?: string
  readonly group?: string
  /** Text of files, all executable and root's. */
  readonly texts?: ReadonlyMap<string, string>
}

function hostileFacts({ config = {}, passwd = '', group = '', texts = new Map() }: HostileImage): ImageFacts {
  const all = new Map([['/etc/passwd', passwd], ['/etc/group', group], ...texts])
  const entries = new Map<string, FileEntry>()
  for (const line of ['drwxr-xr-x 0:0 /etc', 'drwxrwxrwt 0:0 /tmp', '-rwxr-xr-x 0:0 /bin/sh'])
    entries.set(...parseFileLine(line))
  for (const path of all.keys()) entries.set(path, { ...parseFileLine('-rwxr-xr-x 0:0 /x')[1] })
  return {
    reference: 'web',
    source: 'archive',
    digest: null,
    platform: { os: 'linux', architecture: 'amd64' },
    config: parseImageConfig(config),
    accounts: { known: true, value: parseAccounts(passwd, group) },
    files: { known: true, value: createFileModel(entries, all) },
    os: { known: true, value: { id: 'debian', idLike: [], versionId: '12' } },
  }
}

/** Null: refused with one of our errors. Anything else that is thrown fails the test. */
export function throughAll(
  text: string,
  image: HostileImage | null,
  policy: Partial<Policy> = {},
): TargetResult | null {
  try {
    return all(text, image === null ? null : hostileFacts(image), { ...defaultPolicy, ...policy })
  } catch (error) {
    if (!(error instanceof HardenError) || error.code === 'conflicting-edits') throw error
    return null
  }
}

// One after another: what is imported at once, jest does not always find again.
const formats: Awaited<ReturnType<typeof formatOf>>[] = []
for (const name of formatNames) formats.push(await formatOf(name))

function all(text: string, facts: ImageFacts | null, policy: Policy): TargetResult {
  const dockerfile = parseDockerfile(text)
  const unknown = { known: false, reason: 'not looked at' } as const
  const bases = new Map(
    [...baseReferences(dockerfile)].map((name) => [
      name,
      facts !== null && name === 'web' ? { known: true as const, value: facts } : unknown,
    ]),
  )
  const stages = stageInputs(dockerfile, policy, {
    ...{ bases, programs, daemonPorts, packages, workingFolder, entries: lookUp },
    ...{ built: new Map(), observations: new Map() },
  })
  const request = { target: 'web', kind: 'image' as const, dockerfile, stages, policy, transforms }
  const { plan, result } = hardenDockerfile(request)
  const item = { target: 'web', kind: 'image', path: null, reference: 'web', from: null, text: null } as const
  const profile = profileFor(item, { inputs: stages, plan, result }, { kind: 'profile', tag: null }, [])
  if (profile !== null) {
    dockerRun(profile, 'docker')
    composeFile(profile, null)
    kubernetesManifest(profile)
  }
  for (const format of formats) format?.render([{ result, source: text, path: 'Dockerfile' }], { colour: false })
  return result
}

/** What holds of every result: who ends as root is not rewritten, and it reads as a Dockerfile again. */
export function expectSound({ verdict, user, output, changed }: TargetResult): void {
  if (changed) parseDockerfile(output)
  if (verdict !== 'rewritten') return
  // Of a name on an image that nobody has seen there is no number.
  expect(user?.uid).not.toBe(0)
  const users =
    parseDockerfile(output)
      .stages.at(-1)
      ?.instructions.filter(({ keyword }) => keyword === 'USER') ?? []
  expect(isRootUser(users.at(-1)?.text ?? '')).toBe(false)
}
