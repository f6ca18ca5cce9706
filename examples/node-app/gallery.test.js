const assert = require('node:assert')
const { mkdtempSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { join } = require('node:path')
const { test } = require('node:test')
const { openGallery } = require('./gallery.js')

test('a picture is found under the name it was given', () => {
  const gallery = openGallery(mkdtempSync(join(tmpdir(), 'gallery-')))
  const name = gallery.add(Buffer.from('a picture'))
  assert.deepStrictEqual(gallery.list(), [name])
  assert.strictEqual(gallery.read(name).toString(), 'a picture')
})
