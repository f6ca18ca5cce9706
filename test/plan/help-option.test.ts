import { describe, expect, test } from '@jest/globals'
import { portOption } from '../../src/plan/ports/told-port.ts'

describe('the option that sets the port', () => {
  test.each<[string, string]>([
    ['  -p port\tSpecify the port to listen to.', '-p {port}'],
    ['  -p <port>        listen on this TCP port [80]', '-p {port}'],
    ['  -P NUM   port to bind', '-P {port}'],
    [
      '\t--port number (default: 8080, or 80 if running as root)\n\t\tSpecifies which port to listen on.',
      '--port {port}',
    ],
    ['-p, --port=<integer>   Specify port to listen for DNS requests on (defaults to 53).', '--port={port}'],
    ['  -p, --port PORT     the port', '--port {port}'],
    ['-p or --port <port>          Listen for connections on specified port', '--port {port}'],
    ['-f or --forward [<port>]     Forward requests to the host on port <port>', ''],
    [' --port=PORT              listen on alternate port number', '--port={port}'],
    ['  -port int\n    \tport to serve on (default 80)', '-port {port}'],
    ['  --listen-port arg   where clients connect', ''],
    ['  --listen-port arg   where it answers', '--listen-port {port}'],
    ['usage: named [-4|-6] [-c conffile] [-p port] [-s]', '-p {port}'],
    ['usage: thttpd [-C configfile] [-p port] [-d dir] [-r|-nor]', '-p {port}'],
    // The one called just `port` of several
    ['  --port PORT   listen\n  --http-port PORT   another one', '--port {port}'],
    [
      '--local-port=...\n\tport to listen on\n--webserver-port=...\n\tPort of webserver to listen on',
      '--local-port={port}',
    ],
    ['  --listen-port N   one\n  --port N   another one', '--port {port}'],
    // None, or not to be told which
    ['  --http-port PORT   one\n  --dns-port PORT   another one', ''],
    ['  --source-port PORT   for queries', ''],
    ['  --admin-port=PORT    of the console', ''],
    ['  -p FILE   where to write the pid', ''],
    ['  -x   report all', ''],
    ['  --support   tell what it can', ''],
    ['  --transport NAME   how', ''],
    ['Listens on port 80.', ''],
    ['', ''],
  ])('%j', (help, words) => {
    expect(portOption(help)?.words.join(' ') ?? '').toBe(words)
  })

  test('names the line it is from', () => {
    expect(portOption('usage: x\n  -p port\tSpecify the port to listen to.')?.line).toBe(
      '-p port Specify the port to listen to.',
    )
  })
})
