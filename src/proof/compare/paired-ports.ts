import { FIRST_UNPRIVILEGED_PORT } from '../../evidence/claim.ts'

/**
 * Which exposed port of a baseline is which of an image: the same one, unless that has moved; or the only one that is left
 * on either side. An image that is built upon its baseline still exposes what that exposes: there a low port has moved
 * where one is new that ends alike (80 and 8080, 443 and 8443).
 */
export function pairedPorts(baseline: readonly number[], image: readonly number[]): ReadonlyMap<number, number> {
  const gone = baseline.filter((port) => !image.includes(port))
  const added = image.filter((port) => !baseline.includes(port))
  const alike = (port: number): number | undefined => added.find((other) => other % 1000 === port % 1000)
  const inherited = baseline.filter(
    (port) => image.includes(port) && port < FIRST_UNPRIVILEGED_PORT && alike(port) !== undefined,
  )
  return new Map(
    [...inherited, ...gone].flatMap((port) => {
      const to = alike(port) ?? added[gone.indexOf(port)]
      return to === undefined ? [] : [[port, to] as const]
    }),
  )
}
