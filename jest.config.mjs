// Started by scripts/test.mjs, which gives Node the flag that Jest needs for ES modules.
/** @type {import('jest').Config} */
const shared = {
  extensionsToTreatAsEsm: ['.ts'],
  setupFiles: ['<rootDir>/test/setup.ts'],
  transform: {
    '\\.md$': '<rootDir>/test/support/text-file.cjs',
    '\\.ts$': [
      '@swc/jest',
      {
        swcrc: false,
        sourceMaps: 'inline',
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript' },
          experimental: { keepImportAttributes: true },
        },
      },
    ],
  },
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/coverage/'],
}

/** @type {import('jest').Config} */
export default {
  testSequencer: '<rootDir>/scripts/slowest-first.cjs',
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      testPathIgnorePatterns: ['<rootDir>/test/engine/', '/fixtures/', '/node_modules/'],
    },
    {
      ...shared,
      displayName: 'engine',
      testMatch: ['<rootDir>/test/engine/**/*.test.ts'],
      testPathIgnorePatterns: ['<rootDir>/test/engine/long/', '/fixtures/', '/node_modules/'],
    },
    {
      ...shared,
      displayName: 'long',
      testMatch: ['<rootDir>/test/engine/long/*.test.ts'],
    },
  ],
}
