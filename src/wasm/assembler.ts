/**
 * @file A small assembler of WebAssembly modules, so that kernels with SIMD need neither a toolchain nor a binary.
 *
 * Instructions have the names of the text format and are functions from operands to bytes: `f32x4.add(a, b)` is the
 * code of a and of b, then the opcode. A function's body is written from top to bottom: `keep` computes a value now and
 * names it, `repeat` is a loop. Only what the kernels use is here. Source: WebAssembly Core Specification 2.0, chapter
 * 5 (binary format). Layout: one memory, exported as `memory`; addresses are bytes, and every load and store adds a
 * constant to an address.
 */
import { internal } from '../errors.js';

/** Instructions as bytes: an expression, which leaves one value, or a statement, which leaves none. */
export type Code = readonly number[];

export type ValueType = 'i32' | 'v128';

export interface Variable {
  readonly get: Code;
  set(value: Code): void;
  /** Adds a constant to an i32. */
  advance(by: number): void;
}

/** What a function does, from top to bottom. */
export interface Body {
  /** Computes a value here; the code that it returns reads the result. */
  keep(value: Code, type?: ValueType): Code;
  /** A variable; 0 until it is set. */
  variable(type: ValueType): Variable;
  /** Appends a statement. */
  emit(statement: Code): void;
  /** Runs `body` once, and again as long as `condition` (an i32) is not 0. */
  repeat(body: () => void, condition: () => Code): void;
  /** Runs `body` unless `condition` (an i32) is not 0. */
  unless(condition: Code, body: () => void): void;
}

/** A function without result; its parameters are i32. */
export interface FunctionSource {
  parameters: number;
  /** It can be called from JavaScript by this name; absent: from the module alone. */
  exported?: string;
  write(body: Body, parameters: Code[]): void;
}

const PAGE_BYTES = 65536;

/** The bytes of a module of these functions, which call each other by their place in the list. */
export function assembleModule(functions: readonly FunctionSource[], memoryBytes: number): Uint8Array {
  const pages = Math.ceil(memoryBytes / PAGE_BYTES);
  const types = functions.map(({ parameters }) => [0x60, ...vector(Array(parameters).fill([TYPES.i32])), 0]);
  const exported = functions.flatMap(({ exported: name }, index) =>
    name === undefined ? [] : [[...text(name), 0x00, ...unsigned(index)]],
  );
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0], // "\0asm", version 1
    ...section(1, vector(types)),
    ...section(3, vector(functions.map((_, index) => unsigned(index)))),
    ...section(5, vector([[0x00, ...unsigned(pages)]])),
    ...section(7, vector([[...text('memory'), 0x02, 0], ...exported])),
    ...section(10, vector(functions.map(assembleFunction))),
  ]);
}

function assembleFunction({ parameters, write }: FunctionSource): Code {
  const locals: ValueType[] = [];
  const bytes: number[] = [];
  const emit = (statement: Code) => {
    for (const byte of statement) bytes.push(byte);
  };
  const variable = (type: ValueType): Variable => {
    const index = unsigned(parameters + locals.push(type) - 1);
    const get: Code = [0x20, ...index];
    const set = (value: Code) => emit([...value, 0x21, ...index]);
    return { get, set, advance: (by) => set(i32.add(get, i32.const(by))) };
  };
  const body: Body = {
    emit,
    variable,
    keep(value, type = 'v128') {
      const kept = variable(type);
      kept.set(value);
      return kept.get;
    },
    repeat(inner, condition) {
      emit([0x03, 0x40]); // loop
      inner();
      emit([...condition(), 0x0d, 0, 0x0b]); // br_if to its beginning; end
    },
    unless(condition, inner) {
      emit([0x02, 0x40, ...condition, 0x0d, 0]); // block; br_if to its end
      inner();
      emit([0x0b]);
    },
  };
  write(
    body,
    Array.from({ length: parameters }, (_, index) => [0x20, ...unsigned(index)]),
  );
  const declared = vector(locals.map((type) => [1, TYPES[type]]));
  return [...unsigned(declared.length + bytes.length + 1), ...declared, ...bytes, 0x0b];
}

/** Calls the function at this place in the list. */
export const call = (index: number, ...operands: Code[]): Code => [...operands.flat(), 0x10, ...unsigned(index)];

const binary =
  (opcode: Code) =>
  (a: Code, b: Code): Code => [...a, ...b, ...opcode];
const unary =
  (opcode: Code) =>
  (a: Code): Code => [...a, ...opcode];
/** The opcode of a SIMD instruction. */
const simd = (opcode: number): Code => [0xfd, ...unsigned(opcode)];
/** Alignment, as a power of two, is a hint; `offset` is added to the address. */
const memory = (opcode: Code, alignment: number) => (offset: number) => [...opcode, alignment, ...unsigned(offset)];

const i32Load = memory([0x28], 2);
const i32Store = memory([0x36], 2);
export const i32 = {
  const: (value: number): Code => [0x41, ...signed(value)],
  load: (address: Code, offset: number): Code => [...address, ...i32Load(offset)],
  store: (address: Code, offset: number, value: Code): Code => [...address, ...value, ...i32Store(offset)],
  add: binary([0x6a]),
  sub: binary([0x6b]),
  /** Shifts to the left by a constant number of bits. */
  shl: (a: Code, bits: number): Code => [...a, ...i32.const(bits), 0x74],
  /** How many bits are 1. */
  popcnt: unary([0x69]),
  /** Unsigned comparisons. */
  lt: binary([0x49]),
  ge: binary([0x4f]),
  /** a where `condition` is not 0, b elsewhere. */
  select: (a: Code, b: Code, condition: Code): Code => [...a, ...b, ...condition, 0x1b],
};

const load = memory(simd(0), 4);
const load32Splat = memory(simd(9), 2);
const load64Splat = memory(simd(10), 3);
const store = memory(simd(11), 4);
const store32Lane = memory(simd(90), 2);
const load32Lane = memory(simd(86), 2);
const load32Zero = memory(simd(92), 2);
const load64Zero = memory(simd(93), 3);
export const v128 = {
  load: (address: Code, offset: number): Code => [...address, ...load(offset)],
  /** One 32-bit value into all lanes; into lane 0, the others 0; into one lane of `value`. */
  load32Splat: (address: Code, offset: number): Code => [...address, ...load32Splat(offset)],
  load32Zero: (address: Code, offset: number): Code => [...address, ...load32Zero(offset)],
  /** One 64-bit value into both halves; into the first, the other 0. */
  load64Splat: (address: Code, offset: number): Code => [...address, ...load64Splat(offset)],
  load64Zero: (address: Code, offset: number): Code => [...address, ...load64Zero(offset)],
  load32Lane: (address: Code, offset: number, value: Code, lane: number): Code => [
    ...address,
    ...value,
    ...load32Lane(offset),
    lane,
  ],
  store: (address: Code, offset: number, value: Code): Code => [...address, ...value, ...store(offset)],
  store32Lane: (address: Code, offset: number, value: Code, lane: number): Code => [
    ...address,
    ...value,
    ...store32Lane(offset),
    lane,
  ],
  /** Bits of a where those of `condition` are 1, of b elsewhere. */
  bitselect: (a: Code, b: Code, condition: Code): Code => [...a, ...b, ...condition, ...simd(82)],
};

export const i8x16 = {
  /** Byte i of the result is byte `indices`[i] of a. */
  swizzle: (a: Code, indices: Code): Code => [...a, ...indices, ...simd(14)],
};

export const f32x4 = {
  /** The same value in all lanes. */
  const: (value: number): Code => [...simd(12), ...fourTimes(new Uint8Array(Float32Array.of(value).buffer))],
  add: binary(simd(228)),
  sub: binary(simd(229)),
  mul: binary(simd(230)),
  div: binary(simd(231)),
  sqrt: unary(simd(227)),
  /** a < b ? b : a; so a where b is not a number. */
  pmax: binary(simd(235)),
  /** b < a ? b : a. */
  pmin: binary(simd(234)),
  /** All bits of a lane 1 where a ≥ b, else 0. */
  ge: binary(simd(70)),
  convertI32x4: unary(simd(250)),
};

export const f64x2 = {
  add: binary(simd(240)),
  sub: binary(simd(241)),
  mul: binary(simd(242)),
  /** a < b ? b : a. */
  pmax: binary(simd(247)),
  /** Lanes 0 and 1 of four float32. */
  promoteLow: unary(simd(95)),
};

export const i32x4 = {
  const: (value: number): Code => [...simd(12), ...fourTimes(new Uint8Array(Int32Array.of(value).buffer))],
  add: binary(simd(174)),
  sub: binary(simd(177)),
  /** Shifts by a constant number of bits; to the right the sign is kept. */
  shl: (a: Code, bits: number): Code => [...a, ...i32.const(bits), ...simd(171)],
  shr: (a: Code, bits: number): Code => [...a, ...i32.const(bits), ...simd(172)],
  /** The highest bit of each lane, as an i32. */
  bitmask: unary(simd(164)),
  /** Four of the eight lanes of a (0-3) and b (4-7). */
  shuffle: (a: Code, b: Code, lanes: readonly number[]): Code => [
    ...a,
    ...b,
    ...simd(13),
    ...lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => 4 * lane + byte)),
  ],
};

const TYPES = { i32: 0x7f, v128: 0x7b };
const fourTimes = (bytes: Uint8Array): Code => [...bytes, ...bytes, ...bytes, ...bytes];
const section = (id: number, content: Code): Code => [id, ...unsigned(content.length), ...content];
const vector = (items: readonly Code[]): Code => [...unsigned(items.length), ...items.flat()];
const text = (name: string): Code => vector([...new TextEncoder().encode(name)].map((byte) => [byte]));

/** LEB128: seven bits a byte, the lowest first; the highest bit says that there are more. */
function unsigned(value: number): Code {
  if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) throw internal(`${value} as an unsigned operand`);
  const bytes: number[] = [];
  for (; value > 0x7f; value = Math.floor(value / 128)) bytes.push((value % 128) | 0x80);
  return [...bytes, value];
}

function signed(value: number): Code {
  if (value !== (value | 0)) throw internal(`${value} as a signed operand`);
  const bytes: number[] = [];
  for (; value < -64 || value > 63; value >>= 7) bytes.push((value & 0x7f) | 0x80);
  return [...bytes, value & 0x7f];
}
