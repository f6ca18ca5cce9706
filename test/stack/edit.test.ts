import { describe, expect, test } from '@jest/globals'
import { editStack } from '../../src/stack/edit.ts'
import { mounted, plainProfile, plannedOf, projectOf, raised } from './projects.ts'

const web = plainProfile({ ports: [raised(80)] })

const before = `# shop
x-common: &common
  restart: always # always

services:
  api:
    <<: *common
    build: .
    ports: ["80:80"]
    healthcheck:
      test: ["CMD", "curl", "-f", "http://localhost/"]
    labels:
      - traefik.http.services.api.loadbalancer.server.port=80
  worker:
    <<: *common
    build: ./worker
    user: \${UID:-0}
    environment:
      API: http://api/v1 # the API
      API_HOST: api
      API_PORT: 80
    command: ["wait", "-z", api, "80"]
  proxy:
    image: nginx:1
    volumes: ["./nginx.conf:/etc/nginx/nginx.conf:ro"]
`

describe('a project of one file', () => {
  const project = projectOf({ 'compose.yaml': before })
  const host = mounted({
    'nginx.conf':
      'upstream back {\n  server api;\n}\nserver { listen 80; location / { proxy_pass http://api:80/; } }\n',
  })
  const { files, findings } = editStack({
    project,
    planned: plannedOf(project, { api: web, worker: plainProfile() }),
    host,
  })

  test('each service gets its profile where it stands, and its port is followed', () => {
    expect(files.find(({ name }) => name === 'compose.yaml')?.after).toBe(`# shop
x-common: &common
  restart: always # always

services:
  api:
    <<: *common
    build: .
    ports: ["80:8080"]
    healthcheck:
      test: ["CMD", "curl", "-f", "http://localhost:8080/"]
    labels:
      - traefik.http.services.api.loadbalancer.server.port=8080
    user: "10001:10001"
    cap_drop:
      - ALL
    security_opt:
      - no-new-privileges:true
  worker:
    <<: *common
    build: ./worker
    user: \${UID:-10001}:10001
    environment:
      API: http://api:8080/v1 # the API
      API_HOST: api
      API_PORT: 8080
    command: ["wait", "-z", api, "8080"]
    cap_drop:
      - ALL
    security_opt:
      - no-new-privileges:true
  proxy:
    image: nginx:1
    volumes: ["./nginx.conf:/etc/nginx/nginx.conf:ro"]
`)
  })

  test('a proxy that is mounted asks where the port is now', () => {
    expect(files.find(({ name }) => name === 'nginx.conf')?.after).toBe(
      'upstream back {\n  server api:8080;\n}\nserver { listen 80; location / { proxy_pass http://api:8080/; } }\n',
    )
  })

  test('who may set the user is said', () => {
    expect(findings.map(({ service, outcome, message }) => [service, outcome, message])).toEqual([
      ['worker', 'note', expect.stringContaining('whoever sets the variable decides')],
    ])
  })
})
