import type { HostFacts } from './facts.ts'

/** Why dockerd would not start, or not remap, whatever is written. */
export interface Blocker {
  readonly message: string
  readonly hint: string
}

/** Empty where remapping could be on. */
export function blockers(host: HostFacts): readonly Blocker[] {
  return [...kernel(host), ...flags(host), ...engine(host), ...folders(host)]
}

function* kernel({ kernel: { supported, maximum } }: HostFacts): Iterable<Blocker> {
  if (supported === false) {
    yield { message: 'this kernel has no user namespaces (CONFIG_USER_NS)', hint: 'use a kernel that has them' }
  } else if (maximum === 0) {
    yield {
      message: 'the kernel allows no user namespaces: user.max_user_namespaces is 0',
      hint: 'allow some: sysctl -w user.max_user_namespaces=15000, and the same line in /etc/sysctl.d/',
    }
  }
}

function* flags({ flags, engine, config }: HostFacts): Iterable<Blocker> {
  const process =
    engine.answers && engine.flag !== null ? [{ where: `dockerd ${engine.version}, running`, value: engine.flag }] : []
  for (const { where, value } of [...flags, ...process]) {
    yield {
      message: `${where}: dockerd is started with --userns-remap=${value}, and with the same key in ${config.name} it does not start`,
      hint: 'take the flag away first, or leave remapping to it; --engine none does not ask the engine',
    }
  }
}

function* engine({ engine, config }: HostFacts): Iterable<Blocker> {
  if (engine.answers && engine.rootless) {
    yield {
      message: 'the engine that answers is rootless: it lives in a user namespace already and cannot remap again',
      hint: 'nothing is to be done for it; for another engine on this host set DOCKER_HOST, or use --engine none',
    }
  } else if (/\/\.config\/docker\/daemon\.json$/.test(config.path)) {
    yield {
      message: `${config.name} is the file of a rootless daemon: it lives in a user namespace already`,
      hint: 'the system daemon reads /etc/docker/daemon.json',
    }
  }
}

function* folders({ closedFolder }: HostFacts): Iterable<Blocker> {
  if (closedFolder !== null) {
    yield {
      message: `${closedFolder}, above the daemon's data, cannot be passed by others, and the remapped root is one of them`,
      hint: `chmod o+x ${closedFolder}`,
    }
  }
}
