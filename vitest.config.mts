import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** Six downloads, three package managers and an emulator: npm run test:ship, before a release (CONTRIBUTING). */
const BEFORE_RELEASE = ['test/package/arm64.test.ts', 'test/package/managers.test.ts'];

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: process.env.TDAEMON_SHIP === 'long' ? [] : BEFORE_RELEASE,
    globalSetup: ['test/helpers/global_setup.ts'],
    // Slow machines are no failure: nothing here asserts a time.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    pool: 'forks',
    // Most of the time a test waits for a process.
    maxWorkers: availableParallelism() + 2,
  },
});
