import type { Profile } from './profile.ts'
import { membersOf, put } from './workloads.ts'
import { asList, asObject, type Json } from './yaml-file.ts'

/**
 * A document in which what leads to the pods with these labels says the moved port: a Service's targetPort, and
 * the ports that a NetworkPolicy lets in.
 */
export function followed(document: unknown, labels: Json, profile: Profile): unknown {
  return membersOf(document).reduce((whole, { path, value }) => {
    const spec = asObject(value.spec)
    if (value.kind === 'Service' && selects(spec.selector, labels))
      return put(whole, path, { ...value, spec: { ...spec, ports: servicePorts(spec, profile) } })
    const chosen = asObject(asObject(spec.podSelector).matchLabels)
    if (value.kind === 'NetworkPolicy' && Array.isArray(spec.ingress) && selects(chosen, labels))
      return put(whole, path, {
        ...value,
        spec: { ...spec, ingress: spec.ingress.map((rule) => letIn(rule, profile)) },
      })
    return whole
  }, document)
}

/** Whether a selector finds pods with these labels; an empty one finds none here. */
export function selects(selector: unknown, labels: Json): boolean {
  const wanted = Object.entries(asObject(selector))
  return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value)
}

function servicePorts(spec: Json, profile: Profile): readonly unknown[] {
  return asList(spec.ports).map((port) => {
    const { port: own, targetPort = own } = asObject(port)
    const to = movedTo(targetPort, profile)
    return to === null ? port : { ...asObject(port), targetPort: to }
  })
}

function letIn(rule: unknown, profile: Profile): unknown {
  const { ports } = asObject(rule)
  if (!Array.isArray(ports)) return rule
  const moved = ports.map((port) => {
    const to = movedTo(asObject(port).port, profile)
    return to === null ? port : { ...asObject(port), port: to }
  })
  return { ...asObject(rule), ports: moved }
}

function movedTo(port: unknown, { ports }: Profile): number | null {
  return ports.find(({ from, to }) => from !== to && from === port)?.to ?? null
}
