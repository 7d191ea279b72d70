/**
 * @file npm, Python and the compiler as an installation calls them, without a network: small scripts in a folder that
 * is the whole PATH. What is fetched is small too; of a wheel that they know as damaged one file differs from its check
 * sum.
 */
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** tfjs-node as far as a trial goes: the kernels of TensorFlow.js's own backend under the name of TensorFlow's. */
const TFJS_NODE = `
const kernels = globalThis._tfGlobals.get('kernelRegistry');
for (const [key, kernel] of [...kernels]) {
  if (kernel.backendName === 'cpu') kernels.set(key.replace(/^cpu/, 'tensorflow'), { ...kernel, backendName: 'tensorflow' });
}
const facts = { isUsingGpuDevice: { value: false }, binding: { value: { TF_Version: '0.0.1' } } };
const cpu = globalThis._tfengine.findBackend('cpu');
globalThis._tfengine.registerBackend('tensorflow', () => Object.create(cpu, facts));
globalThis._tfengine.findBackend('tensorflow');
`;

/** A wheel stands as JSON: paths and contents. */
const wheelOf = (damaged: boolean): string => {
  const path = 'tensorflow/libtensorflow_cc.so.2';
  const sum = createHash('sha256').update('a library').digest('base64url');
  const record = `${path},sha256=${sum},9\ntensorflow_cpu-2.18.1.dist-info/RECORD,,\n`;
  return JSON.stringify({
    [path]: damaged ? 'a libraby' : 'a library',
    'tensorflow/python.py': 'not taken',
    'tensorflow_cpu-2.18.1.dist-info/RECORD': record,
  });
};

const PYTHON = `
const [, , ...args] = process.argv;
const { existsSync, mkdirSync, readFileSync, writeFileSync } = require('node:fs');
const { dirname, join } = require('node:path');
if (args[0] === '-c') {
  const [, , wheel, place, ...take] = args;
  for (const [path, content] of Object.entries(JSON.parse(readFileSync(wheel, 'utf8')))) {
    if (!path.endsWith('RECORD') && !take.some((start) => path.startsWith(start))) continue;
    mkdirSync(dirname(join(place, path)), { recursive: true });
    writeFileSync(join(place, path), content);
  }
} else if (args[2] === 'download') {
  const state = (name) => existsSync(join(__dirname, name));
  if (state('offline')) {
    console.error("WARNING: Retrying: Failed to establish a new connection: [Errno -2] Name or service not known");
    console.error('ERROR: No matching distribution found for ' + args.at(-1));
    process.exit(1);
  }
  const wheel = join(args[args.indexOf('--dest') + 1], 'tensorflow_cpu-2.18.1-cp311-cp311-x.whl');
  writeFileSync(wheel, readFileSync(join(__dirname, state('damaged') ? 'damaged.whl' : 'whole.whl')));
}
`;

const NPM = `
const { mkdirSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
if (process.argv[2] === 'install') {
  const place = join(process.argv[process.argv.indexOf('--prefix') + 1], 'node_modules/@tensorflow/tfjs-node');
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, 'package.json'), '{"name": "@tensorflow/tfjs-node", "main": "index.js"}');
  writeFileSync(join(place, 'index.js'), ${JSON.stringify(TFJS_NODE)});
}
`;

const COMPILER = `
const { writeFileSync } = require('node:fs');
const at = process.argv.indexOf('-o');
if (at > 0) writeFileSync(process.argv[at + 1], 'an addon');
`;

/** Notes each call but those that ask for a version. */
const NOTE = `
if (!process.argv.includes('--version')) {
  const words = [require('node:path').basename(process.argv[1]), ...process.argv.slice(2)].map((word) => word.split('\\n').join(' '));
  require('node:fs').appendFileSync(require('node:path').join(__dirname, 'calls'), words.join(' ') + '\\n');
}
`;

export type FakeTool = 'npm' | 'python3' | 'g++';

export interface FakeTools {
  /** The PATH. */
  readonly path: string;
  /** From now on: no network, or a wheel that does not arrive whole. */
  set(state: 'offline' | 'damaged', on: boolean): void;
  remove(tool: FakeTool): void;
  /** The calls since the last time: tool and arguments. */
  calls(): string[];
}

export function makeFakeTools(path: string): FakeTools {
  mkdirSync(path);
  writeFileSync(join(path, 'whole.whl'), wheelOf(false));
  writeFileSync(join(path, 'damaged.whl'), wheelOf(true));
  for (const [name, script] of Object.entries({ npm: NPM, python3: PYTHON, 'g++': COMPILER })) {
    writeFileSync(join(path, name), `#!${process.execPath}\n${NOTE}${script}`);
    chmodSync(join(path, name), 0o755);
  }
  const log = join(path, 'calls');
  return {
    path,
    set: (state, on) => (on ? writeFileSync(join(path, state), '') : rmSync(join(path, state), { force: true })),
    remove: (tool) => rmSync(join(path, tool)),
    calls() {
      const calls = existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n') : [];
      rmSync(log, { force: true });
      return calls;
    },
  };
}
