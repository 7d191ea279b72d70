/** @file From the bytes of a module to functions that run. */

/** What a module of `assembleModule` gives, whose one exported function is `run`. */
export interface Instance {
  memory: ArrayBuffer;
  run: (...parameters: number[]) => void;
}

/** The part of the interface that is used; neither ES2023's types nor Node's have it. */
interface WebAssemblyInterface {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { exports: { memory: { buffer: ArrayBuffer }; run: Instance['run'] } };
}

export function instantiate(bytes: Uint8Array): Instance {
  const { WebAssembly } = globalThis as unknown as { WebAssembly: WebAssemblyInterface };
  const { memory, run } = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports;
  return { memory: memory.buffer, run };
}
