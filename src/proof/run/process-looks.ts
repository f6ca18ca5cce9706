import type { ContainerProcess, Engine } from '../../engine/engine.ts'
import { isTracer } from '../trace/traced-spec.ts'

/** Who runs in a container, without what traces it. */
export interface ProcessLooks {
  /** Of all looks. */
  readonly seen: readonly ContainerProcess[]
  /** Of one start, one after the other. */
  readonly looks: readonly (readonly ContainerProcess[])[]
  /** How many there are now. */
  count(): Promise<number>
  glance(): Promise<void>
  /** Sees who runs after another start, which is not to be compared with the looks before. */
  glanceAgain(): Promise<void>
}

export function processLooks(engine: Engine, container: string): ProcessLooks {
  const seen: ContainerProcess[] = []
  const looks: (readonly ContainerProcess[])[] = []
  const now = async (): Promise<readonly ContainerProcess[]> =>
    (await engine.processes(container)).filter((process) => !isTracer(process))
  const running = async (): Promise<readonly ContainerProcess[]> => {
    const processes = await now()
    seen.push(...processes)
    return processes
  }
  return {
    seen,
    looks,
    count: async () => (await now()).length,
    async glance() {
      looks.push(await running())
    },
    async glanceAgain() {
      await running()
    },
  }
}
