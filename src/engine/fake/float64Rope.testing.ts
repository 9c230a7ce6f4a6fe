// The rotary embedding in float64, written from its definition and not from the engine's tables: the angles
// that the reference decoder turns by. Scaling as Llama 3.1's authors define it, by turns in the original
// context: a frequency that makes fewer than `lowFreqFactor` turns is divided by `factor`, one that makes more
// than `highFreqFactor` is kept, and between the two the share kept grows linearly.
import type { ModelConfig } from '../../model/index.ts';

/** [D/2] radians a position. */
export function ropeFrequencies({ headDim, ropeTheta, ropeScaling }: ModelConfig): Float64Array {
  return Float64Array.from({ length: headDim / 2 }, (_, i) => {
    const frequency = ropeTheta ** ((-2 * i) / headDim);
    if (ropeScaling === null) return frequency;
    if (ropeScaling.kind === 'factors') return frequency / ropeScaling.factors[i];
    const { factor, lowFreqFactor, highFreqFactor, originalMaxPositions } = ropeScaling;
    const turns = (originalMaxPositions * frequency) / (2 * Math.PI);
    const kept = Math.min(1, Math.max(0, (turns - lowFreqFactor) / (highFreqFactor - lowFreqFactor)));
    return frequency * (kept + (1 - kept) / factor);
  });
}

/** Turns the pairs (i, i + D/2) of a head [D] by position * frequency i. */
export function rotate(vector: Float64Array, position: number, frequencies: Float64Array): Float64Array {
  const half = vector.length / 2;
  const out = new Float64Array(vector.length);
  for (let i = 0; i < half; i++) {
    const angle = position * frequencies[i];
    out[i] = vector[i] * Math.cos(angle) - vector[i + half] * Math.sin(angle);
    out[i + half] = vector[i + half] * Math.cos(angle) + vector[i] * Math.sin(angle);
  }
  return out;
}
