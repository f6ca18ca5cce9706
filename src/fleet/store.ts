import { link, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { bounds } from '../bounds.ts'
import { sha256 } from '../digest.ts'
import { HardenError, reasonOf } from '../errors.ts'
import { fateOf, makerOf, thisRun, tokenOf } from '../made-by.ts'
import { resultsMark } from '../repository/context.ts'
import { tidy } from '../repository/files.ts'
import { temporaryBeside } from '../temporary.ts'

/**
 * A folder of results that workers share, on one machine or over NFS. A result is a file that is there as a whole or not at all, has its
 * own digest in its name and never changes; the same one of two workers is one file, two different ones of one key are two. Keys are
 * 64 hex digits. All throw HardenError `unwritable` or `unreadable`.
 */
export interface ResultStore {
  /** Whether there is an undamaged result. */
  has(key: string): Promise<boolean>
  add(key: string, text: string): Promise<void>
  /** The undamaged results of a key, in the order of their digests: more than one where its runs differed. */
  results(key: string): Promise<readonly string[]>
  /** What keeps a target from having a result for now; the next one takes its place. */
  setOpen(key: string, text: string): Promise<void>
  /** What `setOpen` was told last; null for nothing. */
  openText(key: string): Promise<string | null>
  /** Of all results, and of what is open, sorted. */
  keys(): Promise<readonly string[]>
  /** Tells that work on a target begins, so that others know if it never ends. */
  begin(key: string): Promise<Attempt>
  /** How many have begun to work on it and were ended in the midst of it. Only for a key that has no result. */
  deaths(key: string): Promise<number>
}

interface Attempt {
  /** Tells that the work is over, with a result or without: from now on the target is not to blame if the worker is ended. */
  end(): Promise<void>
}

/** `name`: what messages call the folder. It is made where it is not there. Throws HardenError `bad-usage` for one that holds something else. */
export async function openStore(
  folder: string,
  name: string,
  { isNew = true }: { readonly isNew?: boolean } = {},
): Promise<ResultStore> {
  return explained(name, async () => {
    const entries = await readdir(folder).catch((error: NodeJS.ErrnoException): readonly string[] => {
      if (error.code === 'ENOENT' && isNew) return []
      throw error
    })
    if (!entries.includes(resultsMark)) {
      if (!isNew || entries.length > 0)
        throw new HardenError('bad-usage', `${name} holds no results of a fleet`, {
          hint: isNew ? 'name a folder that is empty or not there yet' : 'name the folder that fleet run was given',
        })
      await mkdir(folder, { recursive: true })
      // Several workers may open it at once.
      await writeFile(join(folder, resultsMark), 'harden-image fleet results 1\n')
    }
    for (const part of Object.values(PARTS)) await mkdir(join(folder, part), { recursive: true })
    await tidy(join(folder, PARTS.temporary))
    return storeIn(folder, name)
  })
}

const PARTS = { results: 'results', open: 'open', attempts: 'attempts', temporary: 'temporary' } as const

function storeIn(folder: string, name: string): ResultStore {
  const made = new Set<string>()
  /** One of 256 folders, so that none holds too many. */
  const folderOf = (part: keyof typeof PARTS, key: string): string =>
    join(folder, PARTS[part], checked(key).slice(0, 2))
  const madeFolder = async (part: keyof typeof PARTS, key: string): Promise<string> => {
    const path = folderOf(part, key)
    if (!made.has(path)) await mkdir(path, { recursive: true })
    made.add(path)
    return path
  }
  const temporary = async (text: string): Promise<string> => {
    const path = temporaryBeside(join(folder, PARTS.temporary, 'result'))
    await writeFile(path, text, { flag: 'wx' })
    return path
  }
  const intact = async (path: string): Promise<string | null> => {
    const text = await textAt(path)
    // A file may be empty or cut off after a power cut.
    return text !== null && path.endsWith(`.${sha256(text)}`) ? text : null
  }
  const results = async (key: string): Promise<readonly string[]> => {
    const place = folderOf('results', key)
    const names = (await namesIn(place)).filter((one) => one.startsWith(`${key}.`)).sort()
    const texts = await Promise.all(names.map((one) => intact(join(place, one))))
    return texts.filter((text) => text !== null)
  }
  return {
    has: (key) => explained(name, async () => (await results(key)).length > 0),
    results: (key) => explained(name, () => results(key)),
    add: (key, text) =>
      explained(name, async () => {
        const place = join(await madeFolder('results', key), `${key}.${sha256(text)}`)
        const from = await temporary(text)
        try {
          await put(from, place, async () => (await intact(place)) !== null)
        } finally {
          await rm(from, { force: true })
        }
        await rm(join(folderOf('open', key), key), { force: true })
      }),
    setOpen: (key, text) =>
      explained(name, async () => rename(await temporary(text), join(await madeFolder('open', key), key))),
    openText: (key) => explained(name, () => textAt(join(folderOf('open', key), key))),
    keys: () =>
      explained(name, async () => {
        const parts = [join(folder, PARTS.results), join(folder, PARTS.open)]
        const folders = (
          await Promise.all(parts.map(async (part) => (await namesIn(part)).map((one) => join(part, one))))
        ).flat()
        const names = (await Promise.all(folders.map(namesIn))).flat()
        return [...new Set(names.map((one) => one.slice(0, 64)).filter((one) => KEY.test(one)))].sort()
      }),
    begin: (key) =>
      explained(name, async () => {
        const place = await madeFolder('attempts', key)
        const path = await numbered(join(place, key))
        return { end: () => explained(name, () => writeFile(`${path}.ended`, '')) }
      }),
    deaths: (key) =>
      explained(name, async () => {
        const place = folderOf('attempts', key)
        const names = new Set((await namesIn(place)).filter((one) => one.startsWith(`${key}.`)))
        const begun = [...names].filter((one) => /^\.\d+$/.test(one.slice(key.length)) && !names.has(`${one}.ended`))
        const over = await Promise.all(begun.map(async (one) => isOver(await textAt(join(place, one)))))
        return over.filter((one) => one).length
      }),
  }
}

const KEY = /^[0-9a-f]{64}$/

/** A key becomes a path, and plans are files that anybody may have written. */
function checked(key: string): string {
  if (!KEY.test(key)) throw new HardenError('bad-usage', `${JSON.stringify(key.slice(0, 80))} is no key of a target`)
  return key
}

/** The first `PATH.N` that nobody has; O_EXCL, so that two workers never have the same. */
async function numbered(path: string): Promise<string> {
  for (let number = 1; ; number++) {
    try {
      const file = await open(`${path}.${number}`, 'wx')
      await file.writeFile(tokenOf(thisRun()))
      await file.close()
      return `${path}.${number}`
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
}

/** Nobody can say this of another machine, container or boot. One that still works there counts as ended, which costs no result. */
function isOver(token: string | null): boolean {
  const maker = makerOf(token ?? '')
  return maker === null || !['own', 'alive'].includes(fateOf(maker))
}

/** Renames `from` to `to` atomically where `to` is missing or damaged. */
async function put(from: string, to: string, isThere: () => Promise<boolean>): Promise<void> {
  try {
    await link(from, to)
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    // Over NFS the answer to a link that was made may be lost, and the call repeated: open(2), O_EXCL.
    if ((await stat(from)).nlink === 2 || (code === 'EEXIST' && (await isThere()))) return
    // The folder has no hard links, or the file is damaged. Whoever writes it writes the same.
    if (!NO_LINKS.has(code)) throw error
    await rename(from, to)
  }
}

const NO_LINKS = new Set(['EEXIST', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV'])

async function namesIn(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return []
    throw error
  })
}

/** Null where it is not there, or larger than any result. */
async function textAt(path: string): Promise<string | null> {
  const stats = await stat(path).catch(() => null)
  if (stats === null || !stats.isFile() || stats.size > bounds.keptResultBytes) return null
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ESTALE') return null
    throw error
  })
}

async function explained<Value>(name: string, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof HardenError || typeof (error as NodeJS.ErrnoException).errno !== 'number') throw error
    const { path = '' } = error as NodeJS.ErrnoException
    const what = path === '' ? name : `${name} (${basename(path).slice(0, 20)})`
    throw new HardenError(
      'unwritable',
      `${what} cannot be used for results: ${reasonOf(error as NodeJS.ErrnoException)}`,
    )
  }
}
