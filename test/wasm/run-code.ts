/** @file Runs instructions on vectors of four values, for the tests of what is written with the assembler. */
import { type Body, type Code, assembleModule, i32, v128 } from '../../src/wasm/assembler.js';
import { instantiate } from '../../src/wasm/instantiate.js';

/** Runs a function's body on a memory of 64 KiB that begins with the given bytes; returns the memory. */
export function runBody(write: (body: Body) => void, begin: Float32Array | Float64Array | Int32Array): ArrayBuffer {
  const instance = instantiate(assembleModule([{ parameters: 0, exported: 'run', write }], 65536));
  new Uint8Array(instance.memory).set(new Uint8Array(begin.buffer));
  instance.run();
  return instance.memory;
}

/** The vector that `expression` makes of operands that are loaded from memory. */
export function evaluate(
  operands: Float32Array | Float64Array | Int32Array,
  expression: (body: Body, operands: Code[]) => Code,
): ArrayBuffer {
  const end = operands.byteLength;
  const memory = runBody((body) => {
    const loaded = Array.from({ length: end / 16 }, (_, i) => body.keep(v128.load(i32.const(0), 16 * i)));
    body.emit(v128.store(i32.const(0), end, expression(body, loaded)));
  }, operands);
  return memory.slice(end, end + 16);
}
