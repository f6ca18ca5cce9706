const { createHash } = require('node:crypto')
const { mkdirSync, readdirSync, readFileSync, writeFileSync } = require('node:fs')
const { join } = require('node:path')

/** Pictures in a folder, each named by its content. */
exports.openGallery = function openGallery(folder) {
  mkdirSync(folder, { recursive: true })
  return {
    list: () => readdirSync(folder).sort(),
    read: (name) => readFileSync(join(folder, name)),
    add(picture) {
      const name = createHash('sha256').update(picture).digest('hex').slice(0, 16)
      writeFileSync(join(folder, name), picture)
      return name
    },
  }
}
