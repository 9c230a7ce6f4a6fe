// Sliding windows as configs spell them: all layers alike, or refused.
import { expect, test } from 'vitest';
import type { Architecture } from './architecture.ts';
import { readSlidingWindow } from './windowConfig.ts';

const [full, sliding] = ['full_attention', 'sliding_attention'];
const read = (architecture: Architecture, config: Record<string, unknown>) =>
  readSlidingWindow(config, architecture, 3, 'config.json');

test.each<[Architecture, Record<string, unknown>, number | null]>([
  ['llama', {}, null],
  ['llama', { sliding_window: null, layer_types: [full, full, full] }, null],
  ['llama', { sliding_window: 64, use_sliding_window: false }, null],
  ['mistral', {}, 4096],
  ['mistral', { sliding_window: 64 }, 64],
  ['mistral', { sliding_window: null }, null],
  ['mistral', { sliding_window: 64, layer_types: [sliding, sliding, sliding] }, 64],
  ['mistral', { sliding_window: null, layer_types: [full, full, full] }, null],
  ['qwen2', { sliding_window: 64 }, null],
  ['qwen2', { sliding_window: 64, use_sliding_window: false, max_window_layers: 0 }, null],
  ['qwen2', { sliding_window: 64, use_sliding_window: true }, null], // 28 layers have none by default
  ['qwen2', { sliding_window: 64, use_sliding_window: true, max_window_layers: 3 }, null],
  ['qwen2', { sliding_window: 64, use_sliding_window: true, max_window_layers: 0 }, 64],
  ['qwen3', { use_sliding_window: true, max_window_layers: 0 }, 4096],
  ['qwen3', { use_sliding_window: true, max_window_layers: 0, sliding_window: null }, null],
  ['qwen3', { use_sliding_window: true, layer_types: [full, full, full] }, null],
  ['qwen3', { use_sliding_window: true, sliding_window: 64, layer_types: [sliding, sliding, sliding] }, 64],
])('%s with %o has the window that transformers gives it', (architecture, config, window) => {
  expect(read(architecture, config)).toBe(window);
});

test.each<[Architecture, Record<string, unknown>, RegExp]>([
  ['llama', { sliding_window: 64 }, /sliding_window 64.*Llama models have none/],
  ['qwen2', { use_sliding_window: true, max_window_layers: 2 }, /"1 of 3 layers".*all/],
  ['qwen3', { use_sliding_window: true, layer_types: [full, sliding, full] }, /"1 of 3 layers"/],
  ['qwen3', { layer_types: [full, 'linear_attention', full] }, /layer_types "linear_attention"/],
])('%s with %o is refused by name', (architecture, config, message) => {
  expect(() => read(architecture, config)).toThrow(expect.objectContaining({ code: 'UNSUPPORTED' }));
  expect(() => read(architecture, config)).toThrow(message);
});

test.each<[Architecture, Record<string, unknown>, RegExp]>([
  ['mistral', { sliding_window: 0 }, /sliding_window is 0/],
  ['mistral', { sliding_window: 64, layer_types: [full, full, full] }, /0 of 3 layers.*is 64/],
  ['qwen2', { layer_types: [sliding, sliding, sliding] }, /3 of 3 layers.*is null/],
  ['qwen2', { layer_types: [full] }, /layer_types.*list of 3 names/],
  ['qwen2', { use_sliding_window: 1 }, /use_sliding_window is 1/],
  ['qwen2', { use_sliding_window: true, max_window_layers: -1 }, /max_window_layers is -1.*at least 0/],
])('%s with %o makes no sense', (architecture, config, message) => {
  expect(() => read(architecture, config)).toThrow(expect.objectContaining({ code: 'BAD_FILE' }));
  expect(() => read(architecture, config)).toThrow(message);
});
