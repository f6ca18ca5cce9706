import { readdir, readFile, stat } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { isOver, makerOf, thisRun, tokenOf } from '../made-by.ts'

const variable = 'HARDEN_IMAGE_RUN'
/** What runs the engine's CLI, and its parts; a container's monitor has podman's environment and stays. */
const programs = /^(?:docker|docker-buildx|podman|buildah|nerdctl)\n?$/

/** What each call of the engine's CLI has in its environment, so that a later run knows whose it was. */
export function markedAsOurs(): Readonly<Record<string, string>> {
  return { [variable]: tokenOf(thisRun()) }
}

/**
 * Ends the calls of runs that were killed: a build would go on for minutes, and leave its image when all else is removed.
 * Of this user's processes only, and only where /proc tells. Never throws.
 */
export async function endOrphans(graceMs = 2000): Promise<void> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name)).map(Number)
  const found = await Promise.all(pids.map(async (pid) => ((await isOrphan(pid)) ? [pid] : [])))
  const orphans = found.flat()
  if (orphans.length === 0) return
  for (const pid of orphans) signal(pid, 'SIGTERM')
  await delay(graceMs, undefined, { ref: false })
  for (const pid of orphans) if (await isOrphan(pid)) signal(pid, 'SIGKILL')
}

async function isOrphan(pid: number): Promise<boolean> {
  try {
    if (!programs.test(await readFile(`/proc/${pid}/comm`, 'utf8'))) return false
    if ((await stat(`/proc/${pid}`)).uid !== thisRun().uid) return false
    const environment = (await readFile(`/proc/${pid}/environ`, 'latin1')).split('\0')
    const token = environment.find((one) => one.startsWith(`${variable}=`))?.slice(variable.length + 1) ?? ''
    const maker = makerOf(token)
    return maker !== null && isOver(maker)
  } catch {
    // It has ended, or it is hidden.
    return false
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It has ended.
  }
}
