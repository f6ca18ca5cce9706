import { unwritablePath } from './dockerfile.ts'

/** Why an engine or Kubernetes takes no such path for a mount, as half a sentence; null where they do. */
export function unmountable(path: string): string | null {
  return path.includes(':') ? 'there is a colon in it, which ends the path of a mount' : unwritablePath(path)
}

/** A value of a Compose file, in which Compose fills in variables: `$` kept literal. */
export function composeValue(text: string): string {
  return text.replaceAll('$', '$$$$')
}
