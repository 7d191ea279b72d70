/**
 * @file Which engines work on this machine, found by trying each in a process of its own: a library is loaded once a
 * process, and one that ends its process ends nothing else.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { engineChoices, type EngineOptions } from './create-engine.js';

export type EngineChoice = Pick<EngineOptions, 'name' | 'device'>;

export interface EngineDescription {
  readonly engine: EngineOptions['name'];
  readonly device: EngineOptions['device'];
  readonly works: boolean;
  /** What it computes on, or why it does not work and what to do. */
  readonly remark: string;
}

/** What ONNX Runtime tells its makers, from what this process would set. */
export function describeTelemetry(): string {
  const setting = process.env.ORT_DISABLE_TELEMETRY ?? '1';
  return setting === '1' ? 'off (ORT_DISABLE_TELEMETRY=1)' : `as you chose (ORT_DISABLE_TELEMETRY=${setting})`;
}

const trial = fileURLToPath(new URL('engine-trial-process.js', import.meta.url));

/** Runs a small product on an engine and device. */
export async function describeEngine({ name, device }: EngineChoice): Promise<EngineDescription> {
  return new Promise((resolve) => {
    execFile(process.execPath, [trial, name, device], (error, stdout, stderr) => {
      const found = stdout.split('\n').find((line) => line.startsWith('{'));
      if (found) resolve(JSON.parse(found) as EngineDescription);
      else {
        const lastLine = stderr.trim().split('\n').at(-1);
        const end = `its process ended with ${error?.signal ?? `status ${error?.code}`}`;
        resolve({ engine: name, device, works: false, remark: lastLine ? `${end}: ${lastLine}` : end });
      }
    });
  });
}

export const describeEngines = (): Promise<EngineDescription[]> => Promise.all(engineChoices.map(describeEngine));
