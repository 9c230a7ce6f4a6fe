// Tensors over the same array and shape, step after step: building the 50 of a step anew would cost more than a copy
// of what they hold. It keeps the last tensor of each place, no more.
import { Tensor } from './onnxRuntime.ts';

type Numbers = Float32Array | BigInt64Array;

/** The last tensor of each input. */
export class TensorMemo {
  private readonly known = new Map<string, { data: Numbers; tensor: Tensor }>();

  /** A tensor over the first numbers of `data`: float32, or int64 if it holds those. */
  get(name: string, data: Numbers, dims: readonly number[]): Tensor {
    const known = this.known.get(name);
    if (known !== undefined && known.data === data && sameShape(known.tensor.dims, dims)) return known.tensor;
    const size = dims.reduce((product, dimension) => product * dimension, 1);
    const tensor =
      data instanceof Float32Array
        ? new Tensor('float32', data.subarray(0, size), dims)
        : new Tensor('int64', data.subarray(0, size), dims);
    this.known.set(name, { data, tensor });
    return tensor;
  }

  clear(): void {
    this.known.clear();
  }
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, i) => size === b[i]);
}
