/** @file What computes here: acanet's version and commit, those of its engines, and the machine. */
import { execFileSync, type ExecFileSyncOptionsWithStringEncoding } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { arch, cpus, hostname, release, totalmem } from 'node:os';
import { dirname, join } from 'node:path';

/** The folder of acanet's own package.json. */
export const packageFolder = above(import.meta.dirname);

function above(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : above(dirname(folder));
}

/** acanet's version and those of what it computes with. */
export function versions(): Record<string, string> {
  const own = ownPackage();
  const computing = ['onnxruntime-node', '@tensorflow/tfjs-core'];
  return {
    acanet: own.version,
    node: process.version,
    ...Object.fromEntries(
      computing.map((name) => [name, own.dependencies?.[name] ?? own.devDependencies?.[name] ?? '']),
    ),
  };
}

/** Of acanet's own package.json, which comes with it. */
interface PackageFile {
  version: string;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
}

const ownPackage = () => JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as PackageFile;

/** Commit and uncommitted changes of the checkout that `folder` is in; undefined outside of one. */
export function gitState(folder: string): { commit: string; dirty: boolean } | undefined {
  // `git status` would else write what it learned into the repository's index.
  const options: ExecFileSyncOptionsWithStringEncoding = { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] };
  const env = { ...process.env, GIT_OPTIONAL_LOCKS: '0' };
  const git = (...args: string[]) => execFileSync('git', ['-C', folder, ...args], { ...options, env }).trim();
  try {
    return { commit: git('rev-parse', 'HEAD'), dirty: git('status', '--porcelain', '--untracked-files=no') !== '' };
  } catch {
    return undefined;
  }
}

/** The commit that acanet itself is at; undefined where it was installed. */
export const acanetCommit = () =>
  // As a dependency, acanet lies in somebody else's checkout.
  packageFolder.includes('node_modules') ? undefined : gitState(packageFolder);

/** The machine, in the terms that a table of results needs. */
export function machine(): Record<string, string | number> {
  const processors = cpus();
  return {
    host: hostname(),
    system: `${process.platform} ${release()} ${arch()}`,
    processor: processors[0]?.model.trim() ?? 'unknown',
    logicalCores: processors.length,
    memoryGiB: Math.round(totalmem() / 2 ** 28) / 4,
  };
}

/** The same in a few words: `AMD EPYC, 2 cores, 23.5 GiB`. */
export function describeMachine(): string {
  const { processor, logicalCores, memoryGiB } = machine();
  return `${processor}, ${logicalCores} cores, ${memoryGiB} GiB`;
}
