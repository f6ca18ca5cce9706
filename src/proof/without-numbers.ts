/** Numbers, and identifiers of hex digits with one in them, as 0: what a run has another of each time is the same. */
export function withoutNumbers(text: string): string {
  return text.replace(/(?<![0-9a-f])[0-9a-f]*\d[0-9a-f]*/gi, '0')
}

/**
 * An answer without the name of its own container, which Docker, Podman and nerdctl make of the first 12 hex digits of
 * its id: servers greet with it and redirect to it.
 * Source: https://docs.docker.com/engine/network/#ip-address-and-hostname
 */
export function withoutOwnName(text: string): string {
  return text.replace(/[0-9a-f]{12,}/g, 'ID')
}
