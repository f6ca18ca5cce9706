import { expect, test } from '@jest/globals'
import { bounds } from '../../src/bounds.ts'
import { portTree, portUsersIn } from '../../src/repository/port-users.ts'

const path = '/r/web/Dockerfile'

/** The lines that count on port 80 of /r/web/Dockerfile, which is built as acme/web. */
function users(files: Readonly<Record<string, string>>, port = 80, dockerfile = path): readonly string[] {
  const texts = Object.entries(files).map(([name, text]) => ({ path: `/r/${name}`, text }))
  const named = [{ names: ['acme/web:latest'], dockerfiles: [path] }]
  const tree = { ...portTree('/r', [path], texts), named }
  return portUsersIn(tree, dockerfile, [port], '/r').map(({ place }) => place)
}

const compose = (lines: string, build = 'build: ./web'): string => `services:\n  front:\n    ${build}\n${lines}`

test.each<[string, string]>([
  ['a port that is published', '    ports: ["8080:80"]\n'],
  ['a port without one of the host', '    ports:\n      - 80\n'],
  ['a port for an address', '    ports:\n      - "127.0.0.1:8080:80/tcp"\n'],
  ['a port behind a variable', `    ports:\n      - "\${PORT:-8080}:80"\n`],
  ['a port in words', '    ports:\n      - target: 80\n'],
  ['a port for others of the network', '    expose:\n      - "80"\n'],
  ['a check of its own', '    healthcheck:\n      test: ["CMD", "curl", "-f", "http://localhost/_health"]\n'],
  ['a check at the port', '    healthcheck:\n      test: curl localhost:80/up\n'],
  ['a label for a proxy', '    labels:\n      - "traefik.http.services.web.loadbalancer.server.port=80"\n'],
  ['a variable for a proxy', '    environment:\n      - VIRTUAL_PORT=80\n'],
])('of a Compose service %s', (_, lines) => {
  expect(users({ 'compose.yaml': compose(lines) })).toHaveLength(1)
})

test.each<[string, string]>([
  ['a port of the host alone', '    ports: ["80:8080"]\n'],
  ['another port', '    ports:\n      - "8080:8080"\n      - "800:800"\n'],
  ['a comment', '    ports:\n      - 8080\n      # - "80:80"\n'],
  ['a variable that is no port', '    environment:\n      - WORKERS=80\n'],
  [
    'the port that is published of another one',
    '    depends_on: [api]\n  api:\n    image: api\n    ports: ["80:80"]\n',
  ],
])('of a Compose service not %s', (_, lines) => {
  expect(users({ 'compose.yaml': compose(lines) })).toEqual([])
})

test.each<[string, string, number]>([
  ['the name that it is built under', 'image: acme/web', 1],
  ['the same of a registry', 'image: ghcr.io/acme/web:1.2', 1],
  ['a name with variables', `image: \${REPO}/web:\${TAG}`, 1],
  ['a name that ends like its folder', 'image: acme/shop_web', 1],
  ['another image', 'image: acme/api', 0],
  ['one that it only ends in', 'image: acme/cobweb', 0],
  ['what everybody knows', 'image: nginx', 0],
])('a stack file that runs it by %s', (_, image, count) => {
  expect(users({ 'docker-stack.yml': compose('    ports: ["80:80"]\n', image) })).toHaveLength(count)
})

test('a Compose file beside it whose service is called as it is, whatever the image', () => {
  const text = compose('    ports: ["80:80"]\n', `image: \${IMAGE:?say it}`)
  expect(users({ 'web/compose.yml': text.replace('front:', 'web:') })).toEqual(['web/compose.yml:4'])
  expect(users({ 'web/compose.yml': text, 'compose.yml': text.replace('front:', 'web:') })).toEqual([])
})

test('a template of a Compose file, which is no YAML', () => {
  const text = `services:\n  {%- if a %}\n  front:\n    build:\n      context: .\n      dockerfile: ./web/Dockerfile\n    image: {{ slug }}_web\n    {%- endif %}\n    ports:\n      - '0.0.0.0:80:80'\n`
  expect(users({ 'compose.yml': text })).toEqual(['compose.yml:10'])
})

test('paths of a Compose file count from the folder of whoever includes it, where there is nothing else', () => {
  const text = 'services:\n  web:\n    build: ./web\n    ports: ["80:80"]\n'
  expect(users({ 'web/compose.yml': text })).toEqual(['web/compose.yml:4'])
})

test.each<[string, string, number]>([
  ['traefik.yml', 'servers:\n  - url: http://front:80\n', 1],
  ['nginx.conf', 'location / { proxy_pass http://front; }\n', 1],
  ['nginx.conf', 'upstream x {\n  server front:80;\n}\n', 1],
  ['nginx.conf', 'upstream x {\n  server front;\n}\n', 1],
  ['site.conf.template', `proxy_pass http://\${FRONT_HOST}:80/;\n`, 1],
  ['Caddyfile', 'reverse_proxy front\n', 1],
  ['haproxy.cfg', 'server a front:80 check\n', 1],
  ['test.sh', 'curl http://front/up\n', 1],
  ['proxy.yaml', 'socket_address:\n  address: front\n  port_value: 80\n', 1],
  ['proxy.json', '{\n  "port": 80,\n  "weight": 1,\n  "host": "front"\n}\n', 1],
  ['default.vcl', 'backend default {\n  .host = "front";\n  .first_byte_timeout = 9s;\n  .port = "80";\n}\n', 1],
  ['proxy.yaml', 'address: front\nport_value: 8080\n', 0],
  ['proxy.yaml', 'address: front\nport_value: 3000\n---\naddress: other\nport_value: 80\n', 0],
  ['proxy.yaml', 'name: front\nport: 80\n', 0],
  ['proxy.yaml', 'address: front.example.org\nport_value: 80\n', 0],
  ['proxy.yaml', '# address: front\nport_value: 80\n', 0],
  ['nginx.conf', '# proxy_pass http://front;\n', 0],
  ['nginx.conf', 'proxy_pass http://front:8080;\n', 0],
  ['nginx.conf', 'proxy_pass http://front-end;\n', 0],
  ['nginx.conf', 'proxy_pass http://my.front;\n', 0],
  ['README.md', 'open http://front\n', 0],
])('who calls the service: %s %j', (name, text, count) => {
  expect(users({ 'compose.yaml': compose(''), [name]: text })).toHaveLength(count)
})

test('a service of the same name in another project is another one', () => {
  const files = {
    'a/compose.yaml': 'services:\n  front:\n    build: ../web\n',
    'b/nginx.conf': 'proxy_pass http://front;\n',
  }
  expect(users(files)).toEqual([])
})

const deployment = (image: string, lines: string, more = ''): string =>
  `kind: Deployment\nspec:\n  template:\n    metadata:\n      labels:\n        app: x\n    spec:\n      containers:\n      - name: side\n        image: acme/side\n        ports:\n        - containerPort: 80\n      - name: x\n        image: ${image}\n${lines}${more}`

test.each<[string, string, readonly string[]]>([
  ['its port', deployment('acme/web', '        ports:\n        - containerPort: 80\n'), ['k.yaml:16']],
  [
    'a probe',
    deployment('acme/web', '        livenessProbe:\n          httpGet: \n            port: 80\n'),
    ['k.yaml:17'],
  ],
  [
    'a port by its name',
    deployment('acme/web', '        livenessProbe:\n          httpGet:\n            port: http\n'),
    [],
  ],
  ['another image', deployment('acme/api', '        ports:\n        - containerPort: 80\n'), []],
  [
    'the Service that chooses it',
    deployment(
      'acme/web',
      '',
      '---\nkind: Service\nspec:\n  ports:\n  - port: 8000\n    targetPort: 80\n  selector:\n    app: x\n',
    ),
    ['k.yaml:20'],
  ],
  [
    'a Service without another port',
    deployment('acme/web', '', '---\nkind: Service\nspec:\n  ports:\n  - port: 80\n  selector:\n    app: x\n'),
    ['k.yaml:19'],
  ],
  [
    'a Service of others',
    deployment('acme/web', '', '---\nkind: Service\nspec:\n  ports:\n  - port: 80\n  selector:\n    app: y\n'),
    [],
  ],
])('of a manifest %s', (_, text, places) => {
  expect(users({ 'k.yaml': text })).toEqual(places)
})

test('a chart whose values name the image, and the port', () => {
  const files = {
    'chart/values.yaml': 'image:\n  repository: acme/web\nservice:\n  port: 80\n',
    'chart/templates/a.yaml':
      'kind: Deployment\nspec:\n  containers:\n    - name: a\n      image: "{{ .Values.image.repository }}:1"\n      ports:\n        - containerPort: {{ .Values.service.port }}\n',
  }
  expect(users(files)).toEqual(['chart/values.yaml:4'])
})

test.each<[string, string, number]>([
  ['README.md', '    docker run -d -p 8080:80 acme/web\n', 1],
  ['run.sh', 'docker run \\\n  --publish 8080:80 \\\n  acme/web:latest\n', 1],
  ['README.md', 'docker run -p 80:8080 acme/web\n', 0],
  ['README.md', 'docker run -p 80:80 acme/api\n', 0],
  ['README.md', 'docker run -p 80:80 nginx\n', 0],
  ['web/goss.yaml', 'port:\n  tcp:80:\n    listening: true\n', 1],
  ['api/goss.yaml', 'port:\n  tcp:80:\n    listening: true\n', 0],
  ['web/fly.toml', '[http_service]\n  internal_port = 80\n', 1],
])('%s %j', (name, text, count) => {
  expect(users({ [name]: text })).toHaveLength(count)
})

test('the nearest come first', () => {
  const stack = compose('    ports: ["80:80"]\n', 'image: acme/web')
  expect(users({ 'a/b/stack.yml': stack, 'web/stack.yml': stack })).toEqual(['web/stack.yml:4', 'a/b/stack.yml:4'])
})

test('texts without an end take no time', () => {
  const long = 'server front'.padEnd(bounds.surveyedLine, ' ')
  const text = Array.from({ length: 500 }, () => long).join('\n')
  expect(users({ 'compose.yaml': compose(''), 'a.conf': text })).toEqual([])
})
