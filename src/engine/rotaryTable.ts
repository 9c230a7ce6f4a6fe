// Cosines and sines of the rotary embedding (Su et al. 2021, section 3.2.2), computed on the host in float64
// and handed to the graph as inputs: a table of any length costs nothing to pass, and no run can meet a
// position past its end.

/** Rotary tables that grow with the positions asked for. */
export class RotaryTable {
  /** Positions covered, P. */
  length = 0;
  /** [P, D/2] */
  cos = new Float32Array(0);
  /** [P, D/2] */
  sin = new Float32Array(0);
  // [D/2] radians a position
  private readonly frequencies: Float64Array;

  constructor(headDim: number, theta: number) {
    this.frequencies = Float64Array.from({ length: headDim / 2 }, (_, i) => theta ** ((-2 * i) / headDim));
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
        const angle = position * this.frequencies[i];
        cos[position * half + i] = Math.cos(angle);
        sin[position * half + i] = Math.sin(angle);
      }
    }
    this.length = length;
    this.cos = cos;
    this.sin = sin;
  }
}
