// Stands for `next start`: a page is rendered once and then served from the cache below .next.
const fs = require('node:fs')
const http = require('node:http')

const root = '.next'
http
  .createServer((request, response) => {
    const cache = `${root}/cache/fetch-cache`
    fs.mkdirSync(cache, { recursive: true })
    fs.writeFileSync(`${cache}/${encodeURIComponent(request.url)}`, 'page')
    response.end(`${fs.readFileSync(`${root}/BUILD_ID`)} ${fs.readdirSync(cache).length}`)
  })
  .listen(3000)
