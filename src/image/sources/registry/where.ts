import ipaddr from 'ipaddr.js'
import { getDomain } from 'tldts'
import vendors from '../../../../catalogue/registries.json' with { type: 'json' }

/** Where an address leads: `private` is a network of one's own, `none` no single host, or one that only seems to be elsewhere. */
export type NetworkReach = 'public' | 'private' | 'loopback' | 'link-local' | 'none'

/** A registry, and what the address was that answered for it. */
export interface Origin {
  readonly url: URL
  readonly reach: NetworkReach
}

const reaches: ReadonlyMap<string, NetworkReach> = new Map([
  ['unicast', 'public'],
  ['private', 'private'],
  ['uniqueLocal', 'private'],
  ['carrierGradeNat', 'private'],
  ['loopback', 'loopback'],
  ['linkLocal', 'link-local'],
])

/** Of an IP address as text; IPv4 in IPv6 is what it stands for. */
export function reachOf(address: string): NetworkReach {
  const text = address.replace(/%.*$/s, '')
  if (!ipaddr.isValid(text)) return 'none'
  // Takes the IPv4 out of ::ffff:0:0/96.
  const parsed = ipaddr.process(text)
  const range = parsed.range()
  // NAT64: where there is IPv6 only, public hosts have such addresses (RFC 6052).
  if (range === 'rfc6052') return reachOf(parsed.toByteArray().slice(12).join('.'))
  return reaches.get(range) ?? 'none'
}

/** To whom a registry of that reach may send, beside its like. One of this machine may stand for one of the network. */
const within: Readonly<Record<NetworkReach, readonly NetworkReach[]>> = {
  public: [],
  private: ['public'],
  loopback: ['public', 'private'],
  'link-local': ['public'],
  none: ['public'],
}

/**
 * Why a redirect or the realm of a token must not be followed; null where it may. `addresses`: those that its host has, and
 * that are then connected to. A registry decides where a request goes, and must not make it one to what only this machine
 * reaches: https://owasp.org/www-community/attacks/Server_Side_Request_Forgery
 */
export function mayFollow(from: Origin, to: URL, addresses: readonly string[]): string | null {
  if (to.protocol !== 'https:' && !(to.protocol === 'http:' && isLocalHttp(from)))
    return `it is not https, but ${to.protocol.replace(/:$/, '')}`
  if (addresses.length === 0) return 'it has no address'
  for (const address of addresses) {
    const reach = reachOf(address)
    if (reach === from.reach || within[from.reach].includes(reach)) continue
    return `its address ${address} is ${reach === 'none' ? 'no address of a single host' : `a ${reach} one`}`
  }
  return null
}

function isLocalHttp({ url, reach }: Origin): boolean {
  return url.protocol === 'http:' && reach === 'loopback'
}

/**
 * Whether what was kept for a registry is told to that realm: it is the registry's own host, one of the same site over
 * https (by the public suffix list, so two users of one hoster are two sites), or one that the vendor is known to use.
 */
export function mayTell(registry: URL, realm: URL): boolean {
  if (registry.origin === realm.origin) return true
  if (registry.protocol !== 'https:' || realm.protocol !== 'https:') return false
  const known = vendors.find((each) => each.registry === registry.hostname)
  if (known?.realms.includes(realm.hostname)) return true
  const site = siteOf(registry)
  return registry.hostname === realm.hostname || (site !== null && site === siteOf(realm))
}

function siteOf(url: URL): string | null {
  return getDomain(url.hostname, { allowPrivateDomains: true })
}

/** Docker's own rule: a registry on this machine needs no TLS. */
export function schemeOf(host: string): 'http' | 'https' {
  return /^(?:localhost|127(?:\.\d+){3}|\[::1\])(?::\d+)?$/.test(host) ? 'http' : 'https'
}
