// Whatever bytes a registry, an archive or a cache gives: facts, files that are unknown with a reason, or a HardenError.
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { HardenError } from '../../src/errors.ts'
import type { ImageFacts } from '../../src/image/facts.ts'
import { parseChallenge } from '../../src/image/sources/registry/client.ts'
import { asBroken, type Blobs, checkedBytes } from '../../src/image/sources/stored/blobs.ts'
import { parseConfigDocument, parseManifest, parseSaved } from '../../src/image/sources/stored/documents.ts'
import { factsFromLayers } from '../../src/image/sources/stored/facts.ts'
import { imageOfManifest } from '../../src/image/sources/stored/stored-image.ts'
import { readTar } from '../../src/image/sources/tar.ts'
import { digestOf, imageOf, tarOf } from './support/stored.ts'

const runs = { numRuns: Number(process.env.FUZZ_RUNS ?? 150) }
const place = { blobs: { title: 'it' }, name: 'document' }

/** Nothing but a HardenError may come of it. */
function holds(read: () => unknown): void {
  try {
    read()
  } catch (error) {
    expect(error).toBeInstanceOf(HardenError)
  }
}

const digest = fc.constantFrom(`sha256:${'a'.repeat(64)}`, 'sha512:x', '../x', '', 'md5:00')
const odd = fc.oneof(fc.jsonValue(), digest, fc.constantFrom<unknown>(null, -1, 1e300, [], {}, [null], 'x'))
const object = (keys: Readonly<Record<string, fc.Arbitrary<unknown>>>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 4, arbitrary: fc.record(keys, { requiredKeys: [] }) }, { weight: 1, arbitrary: odd })
const list = (item: fc.Arbitrary<unknown>) => fc.oneof({ weight: 4, arbitrary: fc.array(item, { maxLength: 3 }) }, odd)
const platform = object({ os: fc.oneof(fc.constant('linux'), odd), architecture: odd, variant: odd })
const descriptor = object({ digest: fc.oneof(digest, odd), size: odd, mediaType: odd, platform, annotations: odd })
const manifest = object({
  schemaVersion: odd,
  manifests: list(descriptor),
  config: descriptor,
  layers: list(descriptor),
})
const image = object({ Config: odd, RepoTags: list(odd), Layers: list(odd) })
const started = object({ User: odd, Env: list(odd), Cmd: list(odd), Labels: odd, Volumes: odd, Healthcheck: odd })
const config = object({
  os: odd,
  architecture: odd,
  variant: odd,
  config: started,
  rootfs: object({ diff_ids: list(odd) }),
})
const bytesOf = (value: fc.Arbitrary<unknown>) =>
  fc.oneof(
    value.map((each) => Buffer.from(JSON.stringify(each) ?? '')),
    fc.uint8Array({ maxLength: 200 }).map((each) => Buffer.from(each)),
  )

test('any manifest, list of docker save and config is taken or refused', () => {
  fc.assert(
    fc.property(bytesOf(manifest), bytesOf(fc.array(image, { maxLength: 3 })), bytesOf(config), (a, b, c) => {
      holds(() => parseManifest(a, place))
      holds(() => parseSaved(b, place))
      holds(() => parseConfigDocument(c, place))
    }),
    runs,
  )
})

test('a config that is nested deeper than images need is refused before it is parsed, brackets in its texts are not counted', () => {
  const nested = (depth: number) => Buffer.from(`{"config":{"Labels":${'['.repeat(depth)}${']'.repeat(depth)}}}`)
  expect(() => parseConfigDocument(nested(1_000_000), place)).toThrow(
    expect.objectContaining({ message: expect.stringContaining('nested more than 100 levels deep') }),
  )
  const text = JSON.stringify({ config: { User: `"\\${'[{'.repeat(1000)}` } })
  expect(parseConfigDocument(Buffer.from(text), place).config.user).toBe(`"\\${'[{'.repeat(1000)}`)
})

test('any challenge is parsed', () => {
  const part = fc.constantFrom('Bearer', ' ', 'realm', '=', '"', '\\', ',', 'https://x/', 'Basic', '\t', 'é')
  fc.assert(
    fc.property(fc.array(part, { maxLength: 40 }), (parts) => {
      parseChallenge(parts.join(''))
    }),
    runs,
  )
})

const whole = tarOf([
  { name: 'etc/', type: 'directory' },
  { name: 'etc/passwd', content: 'web:x:7:7::/:/bin/sh\n' },
  { name: `${'long/'.repeat(30)}name`, content: '#!/bin/sh\n', uid: 3_000_000 },
  { name: 'link', type: 'symlink', linkname: 'etc' },
  { name: 'hard', type: 'link', linkname: 'etc/passwd' },
  { name: 'etc/.wh.gone' },
])

/** Bytes that are changed, cut out or doubled in what was well formed. */
const damage = fc.array(
  fc.record({ at: fc.nat(), length: fc.nat(1024), value: fc.nat(255), kind: fc.constantFrom('set', 'cut', 'double') }),
  { minLength: 1, maxLength: 4 },
)

function damaged(bytes: Buffer, changes: typeof damage extends fc.Arbitrary<infer T> ? T : never): Buffer {
  return changes.reduce((now, { at, length, value, kind }) => {
    const from = now.length === 0 ? 0 : at % now.length
    const part = now.subarray(from, from + length)
    if (kind === 'set') return Buffer.concat([now.subarray(0, from), Buffer.from([value]), now.subarray(from + 1)])
    if (kind === 'cut') return Buffer.concat([now.subarray(0, from), now.subarray(from + length)])
    return Buffer.concat([now.subarray(0, from), part, now.subarray(from)])
  }, bytes)
}

/** Headers whose checksum is right again, so that what they say is looked at. */
function mended(tar: Buffer): Buffer {
  const bytes = Buffer.from(tar)
  for (let at = 0; at + 512 <= bytes.length; at += 512) {
    const block = bytes.subarray(at, at + 512)
    if (block.toString('latin1', 257, 262) !== 'ustar') continue
    block.write('        ', 148)
    block.write(
      `${block
        .reduce((sum, byte) => sum + byte, 0)
        .toString(8)
        .padStart(6, '0')}\0 `,
      148,
    )
  }
  return bytes
}

test('any tar is read or refused', async () => {
  const tar = await whole
  const property = fc.asyncProperty(damage, fc.boolean(), fc.nat(1500), async (changes, isMended, size) => {
    const broken = damaged(tar, changes)
    const bytes = isMended ? mended(broken) : broken
    const chunks = Array.from({ length: Math.ceil(bytes.length / (size + 1)) }, (_, at) =>
      bytes.subarray(at * (size + 1), (at + 1) * (size + 1)),
    )
    const error = await readTar(Readable.from(chunks), { wanted: () => 'text' }).then(
      () => null,
      (thrown: unknown) => asBroken({ title: 'it' }, thrown),
    )
    if (error !== null) expect(error).toBeInstanceOf(HardenError)
  })
  await fc.assert(property, runs)
})

test('any damage to any blob of an image gives facts or a HardenError', async () => {
  const made = imageOf([gzipSync(await whole), await whole], { User: '7' })
  const names = [...made.blobs.keys()]
  const property = fc.asyncProperty(damage, fc.nat(names.length - 1), fc.boolean(), async (changes, at, isChecked) => {
    const blobs = new Map(made.blobs)
    const name = names[at] ?? ''
    blobs.set(name, damaged(blobs.get(name) ?? Buffer.alloc(0), changes))
    const store: Blobs = {
      title: 'it',
      document: async (digest) => {
        const bytes = blobs.get(digest)
        if (bytes === undefined) return null
        return isChecked ? checkedBytes({ title: 'it' }, digest, bytes) : bytes
      },
      each: async (digests, read) => {
        for (const digest of digests) {
          const bytes = blobs.get(digest) ?? Buffer.alloc(0)
          await read(digest, Readable.from([bytes]), bytes.length)
        }
      },
    }
    const manifest = blobs.get(made.manifest.digest) ?? Buffer.alloc(0)
    const facts = await imageOfManifest(store, 'it', manifest, null)
      .then((image) => factsFromLayers(store, image, 'it', 'archive'))
      .catch((error: unknown): ImageFacts | null => {
        expect(error).toBeInstanceOf(HardenError)
        return null
      })
    // What a layer unpacks to is said by the config: another file system is not believed.
    if (facts?.files.known === true && digestOf(blobs.get(made.config) ?? '') === made.config)
      expect(facts.files.value.text('/etc/passwd')).toBe('web:x:7:7::/:/bin/sh\n')
  })
  await fc.assert(property, runs)
})
