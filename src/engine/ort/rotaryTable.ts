// Cosines and sines of the rotary embedding, computed on the host and handed to the graph as inputs: a table
// of any length costs nothing to pass, no run can meet a position past its end, and scaled frequencies need
// no other graph. Angles are rounded to float32 as PyTorch models round them: weights were trained on those
// angles (docs/decisions.md has what it changes).
import { type RotaryConfig, rotaryFrequencies } from './rotaryFrequencies.ts';

/** Rotary tables that grow with the positions asked for. */
export class RotaryTable {
  /** Positions covered, P. */
  length = 0;
  /** [P, D/2] */
  cos = new Float32Array(0);
  /** [P, D/2] */
  sin = new Float32Array(0);
  // [D/2] radians a position, each a float32
  private readonly frequencies: Float32Array;

  constructor(config: RotaryConfig) {
    this.frequencies = rotaryFrequencies(config);
  }

  /** Covers positions 0 .. limit - 1. */
  cover(limit: number): void {
    if (limit <= this.length) return;
    const half = this.frequencies.length;
    const length = Math.max(limit, this.length * 2, 512);
    const cos = new Float32Array(length * half);
    const sin = new Float32Array(length * half);
    cos.set(this.cos);
    sin.set(this.sin);
    for (let position = this.length; position < length; position++) {
      for (let i = 0; i < half; i++) {
        const angle = Math.fround(position * this.frequencies[i]);
        cos[position * half + i] = Math.cos(angle);
        sin[position * half + i] = Math.sin(angle);
      }
    }
    this.length = length;
    this.cos = cos;
    this.sin = sin;
  }
}
