import type { Service } from '../../../src/manifests/project.ts'

/** A service of which nothing is said but this. */
export function sampleService(name: string, given: Partial<Service> = {}): Service {
  return {
    name,
    settings: {},
    origins: [],
    build: null,
    image: null,
    user: null,
    userIsOpen: false,
    entrypoint: null,
    command: null,
    workdir: null,
    env: new Map(),
    mounts: [],
    ports: [],
    dependsOn: [],
    ...given,
  }
}
