// What is taken for manifests, and what a kustomization puts together.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { discover, withStdin } from '../../../src/repository/discover.ts'
import { imageIn, isChart, manifestAt, manifestsIn, manifestsOfText } from '../../../src/repository/manifests.ts'

const pod = 'apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: [{name: x, image: x}]}\n'
const map = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n'
const files = {
  'k8s/pod.yaml': pod,
  'k8s/map.yml': map,
  'k8s/notes.yaml': 'just: words\n',
  'only-map/map.yaml': map,
  'base/kustomization.yaml': 'resources: [pod.yaml, ../k8s/map.yml]\n',
  'base/pod.yaml': pod,
  'over/kustomization.yaml':
    'resources:\n  - ../base\n  - https://example.org/more.yaml\n  - ../../outside.yaml\nimages:\n  - {name: x, newName: registry.example/x, newTag: "2"}\npatches:\n  - path: patch.yaml\n',
  'over/patch.yaml': 'spec: {containers: [{name: x, securityContext: {runAsUser: 0}}]}\n',
  'chart/Chart.yaml': 'name: x\n',
  'chart/templates/pod.yaml': 'apiVersion: v1\nkind: Pod\nmetadata: {name: {{ .Release.Name }}}\n',
}
let root = ''

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'harden-image-manifests-'))
  mkdirSync(join(root, '.git'))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), text)
  }
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

const flags = { files: [], profiles: null, envFiles: null, name: null, env: {} }
const kinds = async (target: string) =>
  (await discover([target], root, undefined, undefined, flags)).found.map(({ kind, error }) => [kind, error?.hint])

describe('what is taken for manifests', () => {
  test('the files of a folder, where one of them runs something', () => {
    expect(manifestsIn(join(root, 'k8s'), root)?.files.map(({ name }) => name)).toEqual(['k8s/map.yml', 'k8s/pod.yaml'])
    expect(manifestsIn(join(root, 'only-map'), root)).toBeNull()
  })

  test('a file, and what comes from stdin', async () => {
    expect(manifestAt(join(root, 'k8s/pod.yaml'), root)?.files).toHaveLength(1)
    expect(manifestsOfText('FROM nginx\n', root)).toBeNull()
    const { found } = await discover(['-'], root)
    const read = (text: string) => withStdin(found, async () => text, root)
    expect((await read(pod)).map(({ kind }) => kind)).toEqual(['kubernetes'])
    expect((await read('FROM x\n')).map(({ kind }) => kind)).toEqual(['dockerfile'])
  })

  test('a target that is named, not a folder above', async () => {
    expect(await kinds('k8s')).toEqual([['kubernetes', undefined]])
    expect(await kinds('.')).toEqual([])
  })

  test('a chart is none, and its error says what to do', async () => {
    expect(isChart(join(root, 'chart'))).toBe(true)
    expect(await kinds('chart')).toEqual([
      ['kubernetes', 'work on what it makes: helm template chart | harden-image -'],
    ])
  })
})

describe('a kustomization', () => {
  test('has the files of its bases, and other names for images', () => {
    const found = manifestsIn(join(root, 'over'), root)
    expect(found?.files.map(({ name }) => name)).toEqual(['base/pod.yaml', 'k8s/map.yml'])
    expect(imageIn('x:1', found?.images ?? new Map())).toBe('registry.example/x:2')
    expect(imageIn('y:1', found?.images ?? new Map())).toBe('y:1')
  })

  test('says what it fetches, reads elsewhere and changes on top', () => {
    expect(manifestsIn(join(root, 'over'), root)?.findings.map(({ message }) => message)).toEqual([
      'over/kustomization.yaml: https://example.org/more.yaml is fetched from elsewhere, and was not inspected',
      'over/kustomization.yaml: ../../outside.yaml is outside of the repository, and was not read',
      'over/kustomization.yaml: the patch patch.yaml changes containers on top of their manifests',
    ])
  })
})
