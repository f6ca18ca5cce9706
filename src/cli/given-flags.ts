import { shellQuoted } from '../borders/shell.ts'
import type { SettingName } from '../workspace/settings.ts'
import { flagOf } from './read-flags.ts'
import type { Work } from './request.ts'

/** Of the settings those that only a proof takes. */
const ofProofs: ReadonlySet<string> = new Set<SettingName>(['smoke', 'trace', 'jobs', 'minimize', 'env', 'capAdd'])

/** What the call was given, for another one on the same target: a command that is shown is there to be pasted. */
export function givenFlags({ settings, config, trustConfig, prove, network }: Work): readonly string[] {
  const given = [
    ...(config === null ? [] : [['config', config] as const]),
    ...(trustConfig === null ? [] : [['trustConfig', trustConfig] as const]),
    ...Object.entries(settings),
  ]
  return [
    ...given.flatMap(([name, value]) => (prove || !ofProofs.has(name) ? flagsOf(flagOf(name), value) : [])),
    ...(network ? ['--network'] : []),
  ]
}

function flagsOf(name: string, value: unknown): readonly string[] {
  if (typeof value === 'boolean') return [value ? `--${name}` : `--no-${name}`]
  // A log is no place for what may be a secret.
  const shown = (text: string) => (name === 'env' ? text.replace(/=.*$/s, '=…') : text)
  return [value].flat().map((one) => `--${name} ${shellQuoted(shown(String(one)))}`)
}
