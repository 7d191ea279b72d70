/**
 * @file What lies where in a module's memory: buffers, and tables that are filled once. Addresses are multiples of 16.
 */

export interface MemoryLayout {
  /** Room for so many bytes, 0 at first. @returns its address */
  reserve(bytes: number): number;
  /** Room for a table. @returns its address */
  table(values: Float32Array | Int32Array): number;
  /** So far. */
  bytes(): number;
  /** Writes all tables. */
  fill(memory: ArrayBuffer): void;
}

export function createMemoryLayout(): MemoryLayout {
  let end = 0;
  const tables: { address: number; values: Float32Array | Int32Array }[] = [];
  const reserve = (bytes: number) => {
    const address = end;
    end += Math.ceil(bytes / 16) * 16;
    return address;
  };
  return {
    reserve,
    table(values) {
      const address = reserve(values.byteLength);
      tables.push({ address, values });
      return address;
    },
    bytes: () => end,
    fill(memory) {
      for (const { address, values } of tables) {
        new Uint8Array(memory, address).set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
      }
    },
  };
}
