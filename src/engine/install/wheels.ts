/**
 * @file Libraries out of Python's wheels (PyPI, or whatever index pip is set to): fetched by pip, unpacked, never run.
 *
 * A wheel is a zip archive whose `RECORD` has the SHA-256 of each file; what is unpacked is compared with it. Files lie
 * under `wheels/` as in Python's site-packages, since NVIDIA's libraries and TensorFlow's find each other by relative
 * paths.
 */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { messageOf, UserError } from '../../errors.js';
import { makeFolder } from '../../storage/make-folder.js';
import type { Piece } from './piece.js';
import { runTool, UNAVAILABLE } from './tools.js';

export interface Wheel {
  /** Name and version, as pip takes it. */
  readonly requirement: string;
  readonly download: number;
  readonly unpacked: number;
  /** What is taken out: beginnings of paths. */
  readonly take: readonly string[];
}

/** Some wheels are built for one Python each. What is taken out is the same in all, so any will do. */
const PYTHON = '3.11';

export const wheelPiece = ({ requirement, download, unpacked, take }: Wheel): Piece => ({
  id: requirement,
  download,
  unpacked,
  tools: ['python', 'pip'],
  async make(folder) {
    const downloads = join(folder, 'downloads');
    makeFolder(downloads);
    // One that was fetched before the installation was stopped.
    const earlier = findWheel(downloads, requirement);
    if (earlier) {
      try {
        return await unpack(earlier, folder, take);
      } catch {
        rmSync(earlier, { force: true });
      }
    }
    await fetchWheel(downloads, requirement);
    const wheel = findWheel(downloads, requirement);
    if (!wheel) throw new UserError(`${downloads}: pip has left no wheel of ${requirement}`);
    try {
      return await unpack(wheel, folder, take);
    } catch (cause) {
      rmSync(wheel, { force: true });
      throw new UserError(`${requirement} has not arrived whole: ${messageOf(cause)}\nrun the same command again`, {
        cause,
      });
    }
  },
});

/** The file of a wheel begins with its name and version, with `_` for what may not stand in a file name. */
function findWheel(downloads: string, requirement: string): string | undefined {
  const [name, version] = requirement.split('==');
  const start = `${name.replace(/[-_.]+/g, '_')}-${version}-`.toLowerCase();
  const file = readdirSync(downloads).find((each) => each.toLowerCase().startsWith(start) && each.endsWith('.whl'));
  return file && join(downloads, file);
}

async function fetchWheel(downloads: string, requirement: string): Promise<void> {
  const target = ['--implementation', 'cp', '--python-version', PYTHON, '--only-binary=:all:', '--no-deps'];
  await runTool({
    command: ['python3', '-m', 'pip', 'download', '--no-cache-dir', ...target, '--dest', downloads, requirement],
    cwd: downloads,
    env: { TMPDIR: downloads, PIP_DISABLE_PIP_VERSION_CHECK: '1' }, // beside the wheel, on the disk that has been found large enough
    failed: `${requirement} cannot be fetched`,
    exitCode: UNAVAILABLE,
  });
}

/** Takes files out of a wheel (paths in it, and where); Python compares the zip archive's own check sums. */
const UNZIP = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel:
    starts = tuple(sys.argv[3:])
    wheel.extractall(sys.argv[2], [n for n in wheel.namelist() if n.startswith(starts) or n.endswith('.dist-info/RECORD')])
`;

/** Unpacks and compares, then removes the wheel. @returns the files, relative to `folder` */
async function unpack(wheel: string, folder: string, take: readonly string[]): Promise<string[]> {
  const place = join(folder, 'wheels');
  makeFolder(place);
  await runTool({
    command: ['python3', '-c', UNZIP, wheel, place, ...take],
    cwd: folder,
    failed: 'cannot be unpacked',
  });
  const taken: string[] = [];
  for (const { path, sha256 } of readWheelRecord(place, wheel)) {
    if (!take.some((start) => path.startsWith(start))) continue;
    if ((await sha256Base64(join(place, path))) !== sha256) throw new UserError(`${path} differs from its check sum`);
    taken.push(join('wheels', path));
  }
  if (taken.length === 0) throw new UserError(`${wheel}: holds none of ${take.join(', ')}`);
  rmSync(wheel);
  return taken;
}

/** The files of a wheel, each with its SHA-256 in URL-safe base64. */
function readWheelRecord(place: string, wheel: string): { path: string; sha256: string }[] {
  const [name, version] = wheel.slice(wheel.lastIndexOf('/') + 1).split('-');
  const record = join(place, `${name}-${version}.dist-info`, 'RECORD');
  if (!existsSync(record)) throw new UserError(`${wheel}: has no RECORD`);
  return readFileSync(record, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [, path, sha256] = /^(.+),sha256=([\w-]+),\d+\r?$/.exec(line) ?? [];
      return path ? [{ path, sha256 }] : [];
    });
}

async function sha256Base64(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('base64url');
}
