import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), 'src/image')

/** What a bundle has to be built with to keep the files of images: the hash of the code that reads them. */
export async function imageReader() {
  const hash = createHash('sha256')
  for (const file of (await readdir(folder, { recursive: true })).sort())
    if (file.endsWith('.ts')) hash.update(await readFile(join(folder, file)))
  return { IMAGE_READER: JSON.stringify(hash.digest('hex').slice(0, 12)) }
}
