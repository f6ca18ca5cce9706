import { access, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Kernel } from '../facts.ts'

/** Of the kernel that runs `root`; another root without a /proc says nothing of its kernel. */
export async function readKernel(root: string): Promise<Kernel> {
  const text = await readFile(join(root, 'proc/sys/user/max_user_namespaces'), 'utf8').catch(() => null)
  const maximum = text === null || !/^\d+\s*$/.test(text) ? null : Number(text)
  if (maximum !== null) return { maximum, supported: true }
  const knows = await exists(join(root, 'proc/self/ns'))
  return { maximum: null, supported: knows ? await exists(join(root, 'proc/self/ns/user')) : null }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
