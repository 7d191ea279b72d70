/** @file A Slurm cluster of two virtual nodes for tests, and acanet on it. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { skip } from '../../skip.js';
import { TINY_RECIPE } from './tiny-recipe.js';

export const door = fileURLToPath(new URL('../../../../bin/acanet.js', import.meta.url));
// Tests run from the project's folder.
const script = (name: string) => join(process.cwd(), 'test/cluster', name);

export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface Cluster {
  /** Holds `tiny.yaml` and the work folders. */
  folder: string;
  environment: NodeJS.ProcessEnv;
  /** One of Slurm's own commands. */
  slurm(command: string, ...args: string[]): string;
  /** `onText` sees all that has been said so far, each time that something is. */
  acanet(
    args: readonly string[],
    onText?: (text: string, kill: (signal: NodeJS.Signals) => void) => void,
  ): Promise<Outcome>;
  stop(): void;
}

/** Starts a cluster, or skips the tests with the reason. */
export function startCluster(context: Mocha.Context, settings: Record<string, string> = {}): Cluster {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'acanet-slurm-')));
  const started = spawnSync('bash', [script('start-slurm.sh'), join(folder, 'slurm')], {
    encoding: 'utf8',
    env: { ...process.env, ...settings },
  });
  if (started.status === 69) {
    rmSync(folder, { recursive: true, force: true });
    skip(context, started.stderr.trim());
  }
  if (started.status !== 0) throw new Error(`start-slurm.sh: ${started.stderr}`);
  writeFileSync(join(folder, 'tiny.yaml'), TINY_RECIPE);
  const environment: NodeJS.ProcessEnv = {
    ...process.env,
    SLURM_CONF: started.stdout.trim().replace('SLURM_CONF=', ''),
  };
  return {
    folder,
    environment,
    slurm: (command, ...args) => {
      const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', env: environment });
      if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
      return stdout;
    },
    acanet: (args, onText = () => undefined) => {
      const child = spawn(process.execPath, [door, ...args], { cwd: folder, env: environment });
      const [stdout, stderr]: string[][] = [[], []];
      child.stdout.on('data', (bytes: Buffer) => stdout.push(bytes.toString()));
      child.stderr.on('data', (bytes: Buffer) => {
        stderr.push(bytes.toString());
        onText(stderr.join(''), (signal) => void child.kill(signal));
      });
      return new Promise((resolve) =>
        child.on('close', (code) => resolve({ code, stdout: stdout.join(''), stderr: stderr.join('') })),
      );
    },
    stop: () => {
      spawnSync('bash', [script('stop-slurm.sh'), join(folder, 'slurm')]);
      // A node's process that ends a job may write a moment longer.
      rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
    },
  };
}
