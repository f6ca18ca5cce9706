import { resolve } from 'node:path'
import type { Settings } from './settings.ts'
import type { SmokeSetting } from './smoke.ts'
import { staysIn } from './trust.ts'
import type { LeftOut } from './work-item.ts'

/** Where a configuration file stands. */
export interface ConfigPlace {
  /** Its own (absolute), which a build context is meant from. */
  readonly folder: string
  /** How far its word reaches (real). */
  readonly allowedRoot: string
  /** `FILE:LINE` of a value, by its path. */
  readonly placeOf: (path: readonly (string | number)[]) => string
}

/** Without what a stranger's file must not say: what is run, taken or given on this machine. Each is named that goes. */
export function withoutHostSettings(
  settings: Partial<Settings>,
  place: ConfigPlace,
): { readonly settings: Partial<Settings>; readonly leftOut: readonly LeftOut[] } {
  const leftOut: LeftOut[] = []
  const leave = (at: readonly (string | number)[], what: string, instead: string, matters: LeftOut['matters']) =>
    leftOut.push({ place: place.placeOf(at), what, instead, matters })
  const { smoke, context, engine, capAdd, env, buildArg, ...kept } = settings

  const valued = (name: 'env' | 'buildArg', pairs: readonly string[]): readonly string[] =>
    pairs.filter((pair, index) => {
      if (pair.includes('=')) return true
      const flag = name === 'env' ? '--env' : '--build-arg'
      leave(
        [name, index],
        `${name} takes ${pair} from your environment`,
        `${flag} ${pair}`,
        name === 'env' ? 'run' : 'always',
      )
      return false
    })
  const isWithin =
    context === undefined || context === null || staysIn(place.allowedRoot, resolve(place.folder, context))
  if (!isWithin)
    leave(['context'], `context ${context} lies outside of ${place.allowedRoot}`, '--context DIR', 'always')
  const isOwnChoice = engine === undefined || engine === 'auto' || engine === 'none'
  if (!isOwnChoice) leave(['engine'], `engine chooses ${engine}`, `--engine ${engine}`, 'always')
  if (capAdd !== undefined && capAdd.length > 0)
    leave(['capAdd'], `capAdd gives ${capAdd.join(', ')}`, capAdd.map((name) => `--cap-add ${name}`).join(' '), 'run')
  return {
    settings: {
      ...kept,
      ...(smoke == null ? {} : { smoke: withoutHostChecks(smoke, leave) }),
      ...(context === undefined || !isWithin ? {} : { context }),
      ...(engine === undefined || !isOwnChoice ? {} : { engine }),
      ...(env === undefined ? {} : { env: valued('env', env) }),
      ...(buildArg === undefined ? {} : { buildArg: valued('buildArg', buildArg) }),
    },
    leftOut,
  }
}

/** A check in the container is one of the program that is worked on, and stays. */
function withoutHostChecks(
  smoke: SmokeSetting,
  leave: (at: readonly (string | number)[], what: string, instead: string, matters: LeftOut['matters']) => void,
): SmokeSetting {
  const instead = '--smoke CMD'
  if (typeof smoke === 'string') {
    leave(['smoke'], 'smoke runs a command on this machine', instead, 'run')
    return []
  }
  return smoke.filter(({ exec }, index) => {
    if (exec?.in !== 'host') return true
    leave(['smoke', index], 'a smoke check runs a command on this machine (in: host)', instead, 'run')
    return false
  })
}
