import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import path from 'node:path'

const UPLOADS = process.env.UPLOAD_DIR || path.join(process.cwd(), 'uploads')
if (!existsSync(UPLOADS)) mkdirSync(UPLOADS, { recursive: true })

createServer((request, response) => {
  if (request.url.startsWith('/put/')) writeFileSync(path.join(UPLOADS, path.basename(request.url)), 'x')
  response.end(`${readdirSync(UPLOADS).join(' ')}\n`)
}).listen(3000, '0.0.0.0')
