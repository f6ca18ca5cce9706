import { execFile } from 'node:child_process'
import { constants } from 'node:fs'
import { access, chmod, copyFile, mkdir } from 'node:fs/promises'
import { basename, delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { removeFolder, temporaryFolder } from '../../temporary.ts'
import { TRACER_FOLDER } from './tracer-layout.ts'

const run = promisify(execFile)
/** The first with --seccomp-bpf. */
const OLDEST = 5.3

export interface SharedObjects {
  readonly libraries: readonly string[]
  readonly loader: string | null
}

/** Reads `ldd PROGRAM`, as glibc and musl print it. */
export function sharedObjects(ldd: string): SharedObjects {
  const libraries: string[] = []
  let loader: string | null = null
  for (const line of ldd.split('\n')) {
    const library = /=> (\/\S+)/.exec(line)?.[1]
    const alone = /^\s*(\/\S*\/ld[^/\s]*) \(/.exec(line)?.[1]
    if (library !== undefined) libraries.push(library)
    else if (alone !== undefined) loader = alone
  }
  return { libraries, loader }
}

/** A build context whose `tree` holds the tracer's folder, made of this machine's strace. The caller removes it. */
export async function collectHostTracer(): Promise<string> {
  const strace = await findStrace()
  const perl = await findInPath('perl')
  const [ofStrace, ofPerl] = await Promise.all([run('ldd', [strace]), run('ldd', [perl])])
  const { libraries, loader } = sharedObjects(`${ofStrace.stdout}\n${ofPerl.stdout}`)
  if (loader === null) throw new Error(`${strace} names no loader`)
  const context = await temporaryFolder('tracer')
  try {
    const folder = join(context, 'tree', TRACER_FOLDER)
    await mkdir(join(folder, 'lib'), { recursive: true })
    await mkdir(join(folder, 'out'))
    const inTree = ['', '/lib', '/out'].map((name) => `tree${TRACER_FOLDER}${name}`)
    for (const made of ['tree', ...inTree]) await chmod(join(context, made), 0o755)
    await copy(strace, join(folder, 'strace'))
    await copy(perl, join(folder, 'perl'))
    await copy(loader, join(folder, 'ld.so'))
    for (const library of new Set(libraries)) await copy(library, join(folder, 'lib', basename(library)))
    return context
  } catch (error) {
    await removeFolder(context)
    throw error
  }
}

async function findInPath(name: string): Promise<string> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, name)
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (isThere) return path
  }
  throw new Error(`no ${name} is installed`)
}

async function findStrace(): Promise<string> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, 'strace')
    const version = await run(path, ['-V']).then(
      ({ stdout }) => Number.parseFloat(/version (\d+\.\d+)/.exec(stdout)?.[1] ?? '0'),
      () => null,
    )
    if (version === null) continue
    if (version >= OLDEST) return path
    throw new Error(`${path} is older than ${OLDEST}`)
  }
  throw new Error('no strace is installed')
}

async function copy(from: string, to: string): Promise<void> {
  await copyFile(from, to)
  await chmod(to, 0o755)
}
