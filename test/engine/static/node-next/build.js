// What `next build` leaves, as far as it matters here.
const fs = require('node:fs')

fs.mkdirSync('.next/static', { recursive: true })
fs.writeFileSync('.next/BUILD_ID', 'build-1')
