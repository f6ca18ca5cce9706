import type { StagePlan } from '../plan/plan.ts'
import type { ImageChange } from './profile.ts'

/** What the plan changes in the image itself, apart from owners: a mount or a setting over it takes it back. */
export function imageChanges({ fileEdits, env, command, workdir, ports }: StagePlan): readonly ImageChange[] {
  const moved = (text: string): readonly number[] =>
    ports.flatMap(({ from, to }) =>
      to !== null && new RegExp(String.raw`(?<!\d)${to}(?!\d)`).test(text) ? [from] : [],
    )
  return [
    ...fileEdits.map(({ path, reason, substitutions }) => ({
      kind: 'file' as const,
      name: path,
      reason,
      ports: moved(substitutions.map(({ replacement }) => replacement).join('\n')),
    })),
    ...env.map(({ name, value, reason }) => ({ kind: 'env' as const, name, reason, ports: moved(value) })),
    ...(workdir === undefined
      ? []
      : [{ kind: 'workdir' as const, name: workdir.path, reason: workdir.reason, ports: [] }]),
    ...(command === null
      ? []
      : [
          {
            kind: 'command' as const,
            name: 'command',
            reason: command.reason,
            ports: moved([...(command.entrypoint ?? []), ...(command.cmd ?? [])].join('\n')),
          },
        ]),
  ]
}
