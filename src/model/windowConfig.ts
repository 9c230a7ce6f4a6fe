// What a Hugging Face config says of sliding windows: over how many positions a query looks back. Families
// spell it differently (transformers' MistralConfig, Qwen2Config, Qwen3Config); a model whose layers differ is
// refused, since treekv has one window a model. What a run may do with a window, generation/ decides.
import { TreekvError } from '../core/index.ts';
import type { Architecture } from './architecture.ts';
import { badValue, count, flag, type Json, unsupported } from './configFields.ts';

// What the config classes of Mistral, Qwen2 and Qwen3 fill in.
const defaultWindow = 4096;
const defaultWindowLayers = 28;

const FULL = 'full_attention';
const SLIDING = 'sliding_attention';

/** The window of all layers, the query's own position included; null where they look back over everything. */
export function readSlidingWindow(
  config: Json,
  architecture: Architecture,
  layers: number,
  file: string,
): number | null {
  const window = windowSaid(config, architecture, file);
  const types = layerTypes(config, layers, file) ?? typesSaid(config, architecture, layers, window, file);
  const sliding = types.filter((type) => type === SLIDING).length;
  if (sliding > 0 && sliding < layers) {
    throw unsupported(
      file,
      'sliding attention in',
      `${sliding} of ${layers} layers`,
      'treekv runs models whose layers all have the same sliding window, or all none',
    );
  }
  // Qwen's window is for the layers that slide; Mistral's holds whatever the layers are called
  if (sliding === 0 && (window === null || isQwen(architecture))) return null;
  if (sliding === layers && window !== null) return window;
  throw new TreekvError(
    'BAD_FILE',
    `${file}: layer_types makes ${sliding} of ${layers} layers slide, but sliding_window is ${window}; correct ` +
      'the one that is wrong',
    { file, sliding, layers, window },
  );
}

function isQwen(architecture: Architecture): boolean {
  return architecture === 'qwen2' || architecture === 'qwen3';
}

/** The width that a config names or leaves to its class; null says that there is none. */
function windowSaid(config: Json, architecture: Architecture, file: string): number | null {
  const said = config.sliding_window;
  if (architecture === 'llama') {
    if (said == null || config.use_sliding_window === false) return null;
    throw unsupported(
      file,
      'sliding_window',
      said,
      'Llama models have none; is it the config of another model?',
    );
  }
  if (isQwen(architecture) && !flag(config, 'use_sliding_window', file, false)) return null;
  return said === null ? null : count(config, 'sliding_window', file, defaultWindow);
}

/** The kinds of the layers where the config lists them. */
function layerTypes(config: Json, layers: number, file: string): readonly unknown[] | undefined {
  const types = config.layer_types;
  if (types == null) return undefined;
  if (!Array.isArray(types) || types.length !== layers) {
    throw badValue(file, 'layer_types', types, `a list of ${layers} names, one a layer`);
  }
  const other = types.find((type) => type !== FULL && type !== SLIDING);
  if (other === undefined) return types;
  throw unsupported(file, 'in layer_types', other, `treekv runs layers of ${FULL} or ${SLIDING}`);
}

/** The kinds of the layers where the config does not list them. */
function typesSaid(
  config: Json,
  architecture: Architecture,
  layers: number,
  window: number | null,
  file: string,
): readonly string[] {
  const first = isQwen(architecture) ? count(config, 'max_window_layers', file, defaultWindowLayers, 0) : 0;
  return Array.from({ length: layers }, (_, l) => (window !== null && l >= first ? SLIDING : FULL));
}
