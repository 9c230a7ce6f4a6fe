// The formats of matrices that keep their own blocks (keptFormats.ts), as the metadata of a packed file say them:
// JSON such as {"0.qkv":{"bits":4,"block":32}}.
import { TreekvError } from '../core/index.ts';
import type { BlockFormat } from './packed.ts';

/** The JSON that `restoreFormats` reads. */
export function storeFormats(formats: ReadonlyMap<string, BlockFormat>): string {
  const entries = [...formats].map(([name, { bits, block }]) => [name, { bits, block }]);
  return JSON.stringify(Object.fromEntries(entries));
}

/** Reads formats back, none if there is no text. Throws BAD_FILE for what the engine does not run. */
export function restoreFormats(text: string | undefined, file: string): ReadonlyMap<string, BlockFormat> {
  const formats = new Map<string, BlockFormat>();
  if (text === undefined) return formats;
  for (const [name, value] of Object.entries(parseObject(text, file))) {
    const { bits, block } = (value ?? {}) as Readonly<Record<string, unknown>>;
    if ((bits !== 4 && bits !== 8) || typeof block !== 'number' || !blockSizes.includes(block)) {
      throw new TreekvError(
        'BAD_FILE',
        `${file} gives ${name} the format ${JSON.stringify(value)}; pack the model again`,
        { file, name, format: value },
      );
    }
    formats.set(name, { kind: 'blocks', bits, block });
  }
  return formats;
}

/** Those of MatMulNBits that a row of a model may have. */
const blockSizes: readonly number[] = [16, 32, 64, 128, 256];

function parseObject(text: string, file: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new TreekvError('BAD_FILE', `${file} holds no valid formats; pack the model again`, { file });
}
