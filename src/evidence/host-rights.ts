/** What only root has of the host by itself: its devices, by their groups, and raw sockets. */
import { says } from '../dockerfile/index.ts'
import { lineOf } from '../edit.ts'
import type { Provider } from './provider.ts'
import { isComment, isTest } from './source-writes.ts'

/** Not what the image is made of. */
const ASIDE = /(^|\/)(tests?|specs?|docs?|examples?|\.github)\//

/** A device of the host that a script asks for its group; what every container has is none. */
const DEVICE = /\/dev\/(?!null|zero|full|random|urandom|std|fd|tty|pts|shm|mqueue)[\w./*-]{1,99}/

function askedDevice(text: string): string | undefined {
  const line = text.split('\n').find((each) => /\bstat\b/.test(each) && DEVICE.test(each))
  return line === undefined ? undefined : DEVICE.exec(line)?.[0]
}

/** A start script that lets the account join the group of a device, whatever number that has on the host: only root may. */
export const deviceGroups: Provider = {
  name: 'device-groups',
  summary: 'groups of devices of the host that a start script has the account join',
  when: 'before-run',
  *claims({ stepDowns: { actions }, files }) {
    const said = new Set<string>()
    for (const { action, script, line, tool, text } of actions) {
      const device = action === 'account' && script !== null ? askedDevice(files.text(script) ?? '') : undefined
      if (device === undefined || said.has(device)) continue
      said.add(device)
      yield {
        kind: 'unknown',
        outcome: 'todo',
        transform: 'report-remarks',
        subject: device,
        message: `${script} line ${line} joins the group that ${device} has on the host, which only root may: the user is not in it`,
        hint: 'run it with the group of that device (--group-add, group_add), by its number on the host',
        evidence: [{ source: 'step-down', subject: device, detail: `${tool}: ${text}` }],
      }
    }
  },
}

/** What opens raw sockets, by the file that says so: clients of ICMP, and the socket itself. Source: each library's own documentation; icmp(7), raw(7). */
const RAW_SOCKETS: readonly (readonly [file: RegExp, says: RegExp])[] = [
  [/(?:^|\/)Cargo\.toml$/, /^(?:ping|surge-ping|fastping-rs|ping-rs|oping)[ \t]*=/m],
  [
    /\.go$/,
    /\.SetPrivileged\(true\)|\b(?:icmp\.ListenPacket|net\.(?:ListenPacket|DialIP|ListenIP))\(\s{0,9}"ip[46]?:|\bsyscall\.SOCK_RAW\b|\bunix\.SOCK_RAW\b/,
  ],
  [/\.py$/, /\bsocket\.SOCK_RAW\b|^[ \t]{0,40}(?:from|import) (?:scapy|ping3)\b/m],
  [/(?:^|\/)package\.json$/, /^[ \t]{0,40}"(?:net-ping|raw-socket)"[ \t]{0,9}:/m],
  [/\.rs$/, /\bType::RAW\b|\blibc::SOCK_RAW\b/],
  [/\.(?:c|cc|cpp)$/, /\bSOCK_RAW\b/],
]

/** A program that opens raw sockets: as root it has NET_RAW, and another user has it where its file does. */
export const rawSockets: Provider = {
  name: 'raw-sockets',
  summary: 'raw sockets, as of ICMP, that the source or its dependencies open',
  when: 'before-run',
  *claims({ contents, builders }) {
    const all = [contents, ...builders]
    if (all.some(({ steps }) => steps.some(({ instruction }) => says(instruction, /\bcap_net_raw\b/i)))) return
    for (const { texts, origins } of all)
      for (const [file, text] of texts) {
        const origin = origins.get(file) ?? file
        const found = RAW_SOCKETS.find(([name]) => name.test(file))?.[1].exec(text)
        if (found == null || ASIDE.test(origin) || isTest(file) || isComment(text, found.index)) continue
        const where = `${origin} line ${lineOf(text, found.index)}`
        yield {
          kind: 'unknown',
          outcome: 'todo',
          transform: 'report-remarks',
          subject: 'NET_RAW',
          message: `${where} opens raw sockets, which takes NET_RAW: cannot tell whether it works without`,
          hint: 'give the program cap_net_raw+ep with setcap in a RUN and keep --cap-add NET_RAW, or do without what asks for it',
          evidence: [{ source: 'declared', subject: 'NET_RAW', detail: `${found[0].trim()} in ${where}` }],
        }
        return
      }
  },
}
