// What each test image is for, asked from outside: it must hold for the original and for what hardening makes of it.

import { converse } from './converse.ts'
import { assertAddress, hasFile, httpGet } from './images.ts'
import { postgresQuery } from './postgres.ts'

export interface Subject {
  readonly id: string
  readonly address: string
}

export interface Server {
  /** Where the original listens. Hardening may move it. */
  readonly port: number
  /** Does what a user does with this image; throws with the reason when it does not work. */
  probe(subject: Subject, port: number): Promise<void>
}

/** By name of the image. The images that serve nothing (cron, never-answers, broken-build) have no entry. */
export const SERVERS: Readonly<Record<string, Server>> = {
  nginx: { port: 80, probe: page('/', 'Welcome to nginx') },
  apache: { port: 80, probe: page('/', 'Apache2 Debian Default Page') },
  redis: { port: 6379, probe: redis },
  'redis-entrypoint': { port: 6379, probe: redis },
  postgres: { port: 5432, probe: postgres },
  'postgres-guarded': { port: 5432, probe: postgres },
  'python-sqlite': { port: 8000, probe: counter },
  'node-uploads': { port: 3000, probe: upload },
  runit: { port: 80, probe: page('/', 'It works') },
  'scratch-static': { port: 8080, probe: counter },
  'busybox-app': { port: 8080, probe: page('/', 'It works') },
  'python-static': { port: 8000, probe: page('/', 'It works') },
  'already-nonroot': { port: 8000, probe: page('/', 'It works') },
}

export function page(path: string, text: string) {
  return async ({ address }: Subject, port: number) => {
    const { status, body } = await httpGet(address, port, path)
    if (status !== 200 || !body.includes(text)) throw new Error(`GET ${path}: ${status} ${body.slice(0, 80)}`)
  }
}

/** Each GET answers with one more than the one before: the count was written and read again. */
export async function counter({ address }: Subject, port: number): Promise<void> {
  const counts: number[] = []
  for (let round = 0; round < 2; round += 1) {
    const { status, body } = await httpGet(address, port)
    if (status !== 200) throw new Error(`GET /: ${status} ${body.trim()}`)
    counts.push(Number(body))
  }
  const [first = Number.NaN, second] = counts
  if (second !== first + 1) throw new Error(`counted ${counts.join(', then ')}`)
}

async function upload({ id, address }: Subject, port: number): Promise<void> {
  assertAddress(address)
  const url = `http://${address}:${port}`
  const response = await fetch(`${url}/upload`, { method: 'POST', body: 'a file' })
  const name = (await response.text()).trim()
  if (response.status !== 201) throw new Error(`POST /upload: ${response.status} ${name}`)
  if (!(await hasFile(id, `/app/uploads/${name}`))) throw new Error(`no file /app/uploads/${name}`)
  await page('/', 'uploads')({ id, address }, port)
}

async function postgres({ address }: Subject, port: number): Promise<void> {
  await postgresQuery(address, port, 'create table if not exists probe (at timestamptz default now())')
  await postgresQuery(address, port, 'insert into probe default values')
  const [count] = await postgresQuery(address, port, 'checkpoint; select count(*) from probe')
  if (!(Number(count) > 0)) throw new Error(`postgres: ${count} rows`)
}

async function redis({ id, address }: Subject, port: number): Promise<void> {
  const said = await converse(address, port, [
    'SET probe kept\r\nGET probe\r\nINFO persistence\r\n',
    /^aof_last_write_status:.*\r$/m,
  ])
  if (!said.includes('$4\r\nkept')) throw new Error(`redis: ${said.slice(0, 80).trim()}`)
  if (!/^aof_enabled:1\r$/m.test(said) || !/^aof_last_write_status:ok\r$/m.test(said))
    throw new Error('redis: the append-only file is not written')
  if (!(await hasFile(id, '/data/appendonlydir'))) throw new Error('no folder /data/appendonlydir')
}
