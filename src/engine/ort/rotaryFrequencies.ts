// The frequencies of the rotary embedding (Su et al. 2021, section 3.2.2), as trained models have them: each
// operation is rounded to float32 in the order in which PyTorch models do it, Llama 3.1's scaling included
// (its definition: `apply_scaling` of Meta's llama-models). Other scalings the config reader refuses.
import type { ModelConfig } from '../../model/index.ts';

/** What the frequencies follow from. */
export type RotaryConfig = Pick<ModelConfig, 'headDim' | 'ropeTheta' | 'ropeScaling'>;

type Llama3 = Extract<ModelConfig['ropeScaling'], { kind: 'llama3' }>;

const round = Math.fround;

/** [D/2] radians a position, highest first. */
export function rotaryFrequencies({ headDim, ropeTheta, ropeScaling }: RotaryConfig): Float32Array {
  const plain = Float32Array.from(
    { length: headDim / 2 },
    (_, i) => 1 / round(ropeTheta ** round((2 * i) / headDim)),
  );
  if (ropeScaling === null) return plain;
  if (ropeScaling.kind === 'factors') return plain.map((frequency, i) => frequency / ropeScaling.factors[i]);
  return plain.map((frequency) => llama3(frequency, ropeScaling));
}

/** Stretched by `factor` if it turns too rarely in the original context, kept if often, else between. */
function llama3(frequency: number, scaling: Llama3): number {
  const { factor, lowFreqFactor: low, highFreqFactor: high, originalMaxPositions: original } = scaling;
  const wavelength = round(round(1 / frequency) * round(2 * Math.PI));
  if (wavelength < round(original / high)) return frequency;
  const stretched = round(frequency / factor);
  if (wavelength > round(original / low)) return stretched;
  const turns = round(round(1 / wavelength) * original);
  const kept = round(round(turns - low) / round(high - low));
  return round(round(round(round(1 - kept) * frequency) / factor) + round(kept * frequency));
}
