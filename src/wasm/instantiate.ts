/** @file From the bytes of a module to functions that run. */

/** What a module of `assembleModule` gives: its memory, and the functions that it exports by their names. */
export type Instance<Name extends string> = Record<Name, (...parameters: number[]) => void> & { memory: ArrayBuffer };

/** The part of the interface that is used; neither ES2023's types nor Node's have it. */
interface WebAssemblyInterface {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { exports: { memory: { buffer: ArrayBuffer } } };
}

export function instantiate<Name extends string = 'run'>(bytes: Uint8Array): Instance<Name> {
  const { WebAssembly } = globalThis as unknown as { WebAssembly: WebAssemblyInterface };
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  return { ...exports, memory: exports.memory.buffer } as Instance<Name>;
}
