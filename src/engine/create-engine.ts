/** @file Chooses and makes an engine from what the user asked for. */
import { readFileSync } from 'node:fs';
import os from 'node:os';
import { z } from 'zod';
import { UserError } from '../errors.js';
import { createEagerEngine } from './eager-engine.js';
import { createOnnxEngine } from './onnx-engine.js';
import type { Engine } from './program/program.js';
import { loadTensorflow } from './tensorflow.js';

interface EngineKind {
  readonly devices: readonly string[];
  create(options: { device: string; threads: number | null }): Engine;
}

/** The engines, the default first, and the devices of each. Add an engine or a device here. */
const engines = {
  /** Compiled, everywhere; devices are ONNX Runtime's execution providers. */
  onnx: {
    devices: ['cpu', 'webgpu', 'cuda'],
    create: ({ device, threads }) => createOnnxEngine({ device, threads: threads ?? physicalCores() }),
  },
  /** Eager on tfjs-node(-gpu), if installed. */
  tensorflow: {
    devices: ['cpu', 'cuda'],
    create: ({ device, threads }) => {
      const computesOn = loadTensorflow({ device, threads: threads ?? physicalCores() });
      return { ...createEagerEngine('tensorflow', 'tensorflow'), computesOn };
    },
  },
  /** Slow, for tests. */
  reference: { devices: ['cpu'], create: () => createEagerEngine('reference', 'cpu') },
} as const satisfies Record<string, EngineKind>;

type EngineName = keyof typeof engines;
type Device = (typeof engines)[EngineName]['devices'][number];
const names = Object.keys(engines) as EngineName[];
const devices = [...new Set(Object.values(engines).flatMap((engine): readonly Device[] => engine.devices))];

export const engineOptions = z.strictObject({
  name: z.enum(names).default('onnx'),
  device: z.enum(devices).default('cpu'),
  /** Of the onnx and the tensorflow engine; null: one for each physical core. */
  threads: z.int().positive().nullable().default(null),
});
export type EngineOptions = z.infer<typeof engineOptions>;

/** Every engine on every device of it. */
export const engineChoices: readonly Pick<EngineOptions, 'name' | 'device'>[] = names.flatMap((name) =>
  engines[name].devices.map((device) => ({ name, device })),
);

/** @throws UserError where the engine is not installed, has no such device, or does not run here */
export async function createEngine({ name, device, threads }: EngineOptions): Promise<Engine> {
  const known: readonly string[] = engines[name].devices;
  if (!known.includes(device)) {
    throw new UserError(`--engine ${name} has no device ${device}: expected ${known.join(' or ')}`);
  }
  return Promise.resolve(engines[name].create({ device, threads }));
}

/** How many threads a job may compute in, where a scheduler gave it fewer cores than its machine has. */
export const THREADS_OF_JOB = 'ACANET_THREADS';

/** As many threads as a job may use; undefined outside of jobs. */
export function threadsOfJob(): number | undefined {
  const given = process.env[THREADS_OF_JOB] ?? '';
  return /^[1-9]\d*$/.test(given) ? Number(given) : undefined;
}

/**
 * Cores without hyper-threading where the system tells (Linux), else logical processors; of a job, those that it was
 * given.
 */
export function physicalCores(): number {
  const given = threadsOfJob();
  if (given !== undefined) return given;
  try {
    const cpuinfo = readFileSync('/proc/cpuinfo', 'utf8');
    const processors = cpuinfo.split('\n\n').map((block) => {
      const read = (key: string) => new RegExp(`^${key}\\s*:\\s*(\\d+)`, 'm').exec(block)?.[1];
      return [read('physical id'), read('core id')];
    });
    const cores = new Set(processors.filter(([, core]) => core !== undefined).map((ids) => ids.join(':')));
    if (cores.size > 0) return Math.min(cores.size, os.availableParallelism());
  } catch {
    // no /proc: not Linux
  }
  return os.availableParallelism();
}
