/**
 * @file Python's pickle format, read as data: numbers, texts, lists, tuples, dictionaries, and what a caller allows.
 *
 * A pickle is a program for a small stack machine. What makes it dangerous is that it may name any function of Python
 * and have it called. Here a name leads to what the caller's `find` gives for it, and to nothing else: no code of the
 * file's choosing is run. A tuple or list becomes an array, a dictionary a Map, None null; whole numbers are numbers,
 * or bigints beyond 2⁵³.
 * Protocols 0 to 5; no out-of-band buffers, no extension registry.
 */

/** What a name stands for where it may be called: gets the arguments, gives the value. */
export type PickleFunction = (...values: unknown[]) => unknown;

export interface PickleNames {
  /** What `module.name` stands for, a `PickleFunction` where it can be called. Throws for what is refused. */
  find(module: string, name: string): unknown;
  /** What a persistent id stands for: data that is kept outside of the pickle. */
  persistent(id: unknown): unknown;
}

/** What is wrong with a pickle, in words. */
export class PickleProblem extends Error {}

const problem = (what: string) => new PickleProblem(what);

/** Reads one pickle. @returns its value, and where the bytes after it begin. @throws PickleProblem, or what `find` does */
export function readPickle(bytes: Buffer, start: number, names: PickleNames): { value: unknown; end: number } {
  const machine: Machine = { bytes, at: start, stack: [], marks: [], memo: new Map(), names };
  for (;;) {
    const opcode = takeByte(machine);
    if (opcode === STOP) return { value: pop(machine), end: machine.at };
    const run = OPCODES.get(opcode);
    if (!run) throw problem(`opcode 0x${opcode.toString(16).padStart(2, '0')} at byte ${machine.at - 1} is none of pickle's data`); // prettier-ignore
    run(machine);
  }
}

interface Machine {
  readonly bytes: Buffer;
  at: number;
  stack: unknown[];
  /** The stacks below the marks that are open. */
  marks: unknown[][];
  readonly memo: Map<number, unknown>;
  readonly names: PickleNames;
}

/** A name that may not be called: what `find` gave for it. */
class Named {
  constructor(
    readonly title: string,
    readonly value: unknown,
  ) {}
}

const STOP = 0x2e;

function take(machine: Machine, count: number): Buffer {
  const { bytes, at } = machine;
  if (at + count > bytes.length) throw problem(`it ends at byte ${bytes.length}, within a value`);
  machine.at += count;
  return bytes.subarray(at, at + count);
}

const takeByte = (machine: Machine) => take(machine, 1)[0];

/** A count of bytes, little-endian. */
function takeCount(machine: Machine, width: 1 | 2 | 4 | 8): number {
  const bytes = take(machine, width);
  return width === 8 ? Number(bytes.readBigUInt64LE()) : bytes.readUIntLE(0, width);
}

function takeLine(machine: Machine, encoding: BufferEncoding = 'utf8'): string {
  const end = machine.bytes.indexOf(0x0a, machine.at);
  if (end < 0) throw problem('it ends within a line of text');
  const line = machine.bytes.toString(encoding, machine.at, end);
  machine.at = end + 1;
  return line;
}

/** Python's raw-unicode-escape, in which protocol 0 writes texts. */
const withEscapes = (line: string) =>
  line.replaceAll(/\\u([0-9a-f]{4})|\\U([0-9a-f]{8})/g, (_, short?: string, long?: string) =>
    String.fromCodePoint(Math.min(0x10ffff, parseInt(short ?? long ?? '0', 16))),
  );

function pop({ stack }: Machine): unknown {
  if (stack.length === 0) throw problem('it takes a value where there is none');
  return stack.pop();
}

function top({ stack }: Machine): unknown {
  if (stack.length === 0) throw problem('it needs a value where there is none');
  return stack[stack.length - 1];
}

const push = ({ stack }: Machine, value: unknown) => void stack.push(value);

/** The values above the newest mark. */
function popMarked(machine: Machine): unknown[] {
  const below = machine.marks.pop();
  if (!below) throw problem('it closes a group that it has not opened');
  const values = machine.stack;
  machine.stack = below;
  return values;
}

function recall(machine: Machine, index: number): void {
  if (!machine.memo.has(index)) throw problem(`it recalls value ${index}, which it has not kept`);
  push(machine, machine.memo.get(index));
}

function append(machine: Machine, values: readonly unknown[]): void {
  const list = top(machine);
  if (!Array.isArray(list)) throw problem('it appends to something that is not a list');
  for (const value of values) list.push(value);
}

function setItems(machine: Machine, items: readonly unknown[]): void {
  const target = top(machine);
  if (!(target instanceof Map) || items.length % 2 !== 0) {
    throw problem('it sets items of something that is not a dictionary');
  }
  for (let i = 0; i < items.length; i += 2) target.set(items[i], items[i + 1]);
}

const toDictionary = (items: readonly unknown[]) => {
  const pairs = new Map<unknown, unknown>();
  for (let i = 0; i + 1 < items.length; i += 2) pairs.set(items[i], items[i + 1]);
  return pairs;
};

/** A whole number of any size: two's complement, little-endian. */
function longOf(bytes: Buffer): number | bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]);
  return asNumber(BigInt.asIntN(8 * bytes.length, value));
}

const asNumber = (value: bigint) => (Number.isSafeInteger(Number(value)) ? Number(value) : value);

function integerOf(text: string): number | bigint | boolean {
  if (text === '00' || text === '01') return text === '01'; // how protocol 0 writes a truth value
  if (!/^[+-]?\d+L?$/.test(text)) throw problem(`it has "${text}" where a whole number is expected`);
  return asNumber(BigInt(text.replace('L', '')));
}

function findGlobal(machine: Machine, module: unknown, name: unknown): void {
  const value = machine.names.find(String(module), String(name));
  push(machine, new Named(`${String(module)}.${String(name)}`, value));
}

/** What is on the stack as a value: a name is what it stands for. */
const plain = (value: unknown): unknown => (value instanceof Named ? value.value : value);

function call(machine: Machine, callee: unknown, values: unknown): void {
  const title = callee instanceof Named ? callee.title : 'a value';
  const target = plain(callee);
  if (typeof target !== 'function' || !Array.isArray(values))
    throw problem(`it calls ${title}, which is not a function`);
  push(machine, (target as PickleFunction)(...(values as unknown[]).map(plain)));
}

/** State that is laid upon an object: attributes of an ordered dictionary, which hold nothing that is read. */
function build(machine: Machine): void {
  pop(machine);
  if (!(top(machine) instanceof Map)) throw problem('it gives attributes to something that is not a dictionary');
}

const text = (encoding: BufferEncoding, width: 1 | 4 | 8) => (machine: Machine) =>
  push(machine, take(machine, takeCount(machine, width)).toString(encoding));
const raw = (width: 1 | 4 | 8) => (machine: Machine) => push(machine, take(machine, takeCount(machine, width)));
const constant = (value: unknown) => (machine: Machine) => push(machine, value);
const tuple = (size: number) => (machine: Machine) => {
  const values = Array.from({ length: size }, () => pop(machine));
  push(machine, values.reverse().map(plain));
};
const remember = (index: (machine: Machine) => number) => (machine: Machine) =>
  void machine.memo.set(index(machine), top(machine));
const skipCount = (width: 1 | 8) => (machine: Machine) => void takeCount(machine, width);

/** The opcodes by their letter or byte, as `pickletools` lists them. */
const OPCODES = new Map<number, (machine: Machine) => void>(
  (
    [
      // the stack
      ['(', (m) => void (m.marks.push(m.stack), (m.stack = []))],
      ['0', (m) => void pop(m)],
      ['1', (m) => void popMarked(m)],
      ['2', (m) => push(m, top(m))],
      [0x80, skipCount(1)],
      [0x95, skipCount(8)],
      // what is kept for later
      ['p', remember((m) => Number(takeLine(m)))],
      ['q', remember((m) => takeCount(m, 1))],
      ['r', remember((m) => takeCount(m, 4))],
      [0x94, remember((m) => m.memo.size)],
      ['g', (m) => recall(m, Number(takeLine(m)))],
      ['h', (m) => recall(m, takeCount(m, 1))],
      ['j', (m) => recall(m, takeCount(m, 4))],
      // numbers and texts
      ['N', constant(null)],
      [0x88, constant(true)],
      [0x89, constant(false)],
      ['I', (m) => push(m, integerOf(takeLine(m)))],
      ['L', (m) => push(m, integerOf(takeLine(m)))],
      ['J', (m) => push(m, take(m, 4).readInt32LE())],
      ['K', (m) => push(m, takeCount(m, 1))],
      ['M', (m) => push(m, takeCount(m, 2))],
      [0x8a, (m) => push(m, longOf(take(m, takeCount(m, 1))))],
      [0x8b, (m) => push(m, longOf(take(m, takeCount(m, 4))))],
      ['F', (m) => push(m, Number(takeLine(m)))],
      ['G', (m) => push(m, take(m, 8).readDoubleBE())],
      ['S', (m) => push(m, takeLine(m).slice(1, -1))],
      ['T', text('latin1', 4)],
      ['U', text('latin1', 1)],
      ['V', (m) => push(m, withEscapes(takeLine(m, 'latin1')))],
      ['X', text('utf8', 4)],
      [0x8c, text('utf8', 1)],
      [0x8d, text('utf8', 8)],
      ['B', raw(4)],
      ['C', raw(1)],
      [0x8e, raw(8)],
      [0x96, raw(8)],
      // containers
      [')', (m) => push(m, [])],
      ['t', (m) => push(m, popMarkedInto(m))],
      [0x85, tuple(1)],
      [0x86, tuple(2)],
      [0x87, tuple(3)],
      [']', (m) => push(m, [])],
      ['l', (m) => push(m, popMarkedInto(m))],
      ['a', (m) => append(m, [plain(pop(m))])],
      ['e', (m) => append(m, popMarked(m).map(plain))],
      ['}', (m) => push(m, new Map())],
      ['d', (m) => push(m, toDictionary(popMarkedInto(m)))],
      ['s', (m) => setItems(m, [pop(m), pop(m)].reverse().map(plain))],
      ['u', (m) => setItems(m, popMarked(m).map(plain))],
      [0x8f, (m) => push(m, [])],
      [0x90, (m) => append(m, popMarked(m).map(plain))],
      [0x91, (m) => push(m, popMarkedInto(m))],
      // names
      ['c', (m) => findGlobal(m, takeLine(m), takeLine(m))],
      [0x93, (m) => findGlobal(m, ...([pop(m), pop(m)].reverse() as [unknown, unknown]))],
      ['R', (m) => call(m, ...([pop(m), pop(m)].reverse() as [unknown, unknown]))],
      [0x81, (m) => call(m, ...([pop(m), pop(m)].reverse() as [unknown, unknown]))],
      ['b', build],
      ['i', (m) => instance(m, takeLine(m), takeLine(m))],
      ['o', (m) => callFirst(m, popMarked(m))],
      ['P', (m) => push(m, m.names.persistent(takeLine(m)))],
      ['Q', (m) => push(m, m.names.persistent(plain(pop(m))))],
    ] as [string | number, (machine: Machine) => void][]
  ).map(([code, run]) => [typeof code === 'number' ? code : code.charCodeAt(0), run]),
);

const popMarkedInto = (machine: Machine) => popMarked(machine).map(plain);

/** An instance as protocol 0 makes it: its class by name, its arguments since the mark. */
function instance(machine: Machine, module: string, name: string): void {
  const values = popMarked(machine);
  findGlobal(machine, module, name);
  call(machine, pop(machine), values);
}

function callFirst(machine: Machine, [callee, ...values]: unknown[]): void {
  call(machine, callee, values);
}
