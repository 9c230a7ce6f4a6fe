// Two projects: `unit` runs the sources beside which its tests lie; `integration` runs the built package
// (the worker thread needs JavaScript files), so `npm run build` comes first. What needs minutes stands in
// test/*.long.test.ts: `npm test` runs its short form, `npm run test:long` the long one (test/support/rounds.ts).
import { defineConfig } from 'vitest/config';

export default defineConfig(({ mode }) => ({
  test: {
    projects: [
      { test: { name: 'unit', include: ['src/**/*.test.ts'], pool: 'forks' } },
      {
        test: {
          name: 'integration',
          include: ['test/**/*.test.ts'],
          pool: 'forks',
          testTimeout: mode === 'long' ? 1_800_000 : 180_000,
          hookTimeout: 180_000,
          env: { TREEKV_TEST_LONG: mode === 'long' ? '1' : '' },
        },
      },
    ],
  },
}));
