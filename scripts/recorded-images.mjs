// Images as an engine has shown them once, a file each: configuration and files, as `npm run answers` hands them to a run without an engine.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** @type {(reference: string) => string} */
const recordName = (reference) =>
  `${encodeURIComponent(reference.includes(':') ? reference : `${reference}:latest`)}.json`

/** @type {(program: any, folder: string, images: string[]) => Promise<void>} */
export async function record({ openEngine, filesOfTar }, folder, images) {
  mkdirSync(folder, { recursive: true })
  const engine = await openEngine('auto', { signal: new AbortController().signal })
  for (const name of images) {
    const image = await engine.inspectImage(name)
    if (image === null) throw new Error(`${engine.name} has no image ${name}: pull it first`)
    const { value: files } = await engine.exportImage(name, (/** @type {any} */ tar) => filesOfTar(tar, image.config))
    const text = JSON.stringify({ image, files }, (_, value) => (value instanceof Map ? { map: [...value] } : value))
    writeFileSync(join(folder, recordName(name)), text)
  }
}

/**
 * What stands for an engine: it has the images of a folder, and is asked for nothing else.
 * @param {any} program
 * @param {string} folder
 */
export function recordedEngine({ factsFromCatalogue }, folder) {
  const names = readdirSync(folder)
  const read = memoized((name) =>
    names.includes(name)
      ? JSON.parse(readFileSync(join(folder, name), 'utf8'), (_, value) =>
          Array.isArray(value?.map) ? new Map(value.map) : value,
        )
      : null,
  )
  const find = memoized((reference) => {
    const own = read(recordName(reference))
    const listed = own === null ? factsFromCatalogue(reference) : null
    const system = listed?.os.known && listed.accounts.known ? read(`${listed.os.value.id}.json`) : null
    if (system === null) return own
    const { users, groups } = listed.accounts.value
    const passwd = users.map(
      (/** @type {any} */ { name, uid, gid, home, shell }) => `${name}:x:${uid}:${gid}::${home}:${shell}\n`,
    )
    const group = groups.map((/** @type {any} */ { name, gid, members }) => `${name}:x:${gid}:${members.join(',')}\n`)
    const texts = new Map([...system.files.texts, ['/etc/passwd', passwd.join('')], ['/etc/group', group.join('')]])
    return { image: { ...system.image, id: reference, config: listed.config }, files: { ...system.files, texts } }
  })
  return {
    name: 'docker',
    version: 'recorded',
    enforces: {},
    inspectImage: async (/** @type {string} */ reference) => find(reference)?.image ?? null,
    exportImage: async (/** @type {string} */ reference) => ({ known: true, value: find(reference)?.files }),
  }
}

/** @type {(make: (name: string) => any) => (name: string) => any} */
function memoized(make) {
  const made = new Map()
  return (name) => {
    if (!made.has(name)) made.set(name, make(name))
    return made.get(name)
  }
}
