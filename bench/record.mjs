/**
 * @file What a benchmark found, printed line by line and written with the command, the commit, the machine and its
 * load.
 */
import { execFileSync } from 'node:child_process';
import { cpus, loadavg, totalmem } from 'node:os';
import { basename, join } from 'node:path';
import { writeFileAtomic, writeJsonAtomic } from '../dist/src/storage/atomic-write.js';

/** Where the figures come from. @returns {{ commandLine: string, began: string, commit: string, machine: string }} */
export function provenance() {
  const [, script, ...args] = process.argv;
  return {
    commandLine: ['node', `bench/${basename(script)}`, ...args].join(' '),
    began: new Date(Date.now() - performance.now()).toISOString(),
    commit: describeCommit(),
    machine:
      `${cpus()[0].model.trim()}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, ` +
      `Node ${process.version}, load ${loadavg()[0].toFixed(1)}`,
  };
}

/** One sentence of it. @param {ReturnType<typeof provenance>} origin */
export const describeProvenance = ({ commandLine, began, commit, machine }) =>
  `Generated, not typed: \`${commandLine}\`, begun ${began}, commit ${commit}, ${machine}.`;

/** @param {string} title */
export function createRecord(title) {
  const origin = provenance();
  /** @type {Record<string, unknown>} */
  const notes = {};
  /** @type {{ line: string }[]} */
  const lines = [];
  return {
    /** Versions and sizes. @param {Record<string, unknown>} facts */
    note(facts) {
      Object.assign(notes, facts);
      console.log(facts);
    },
    /** A result, with the figures behind it. @param {string} line @param {Record<string, unknown>} [figures] */
    line(line, figures = {}) {
      lines.push({ line, ...figures });
      console.log(line);
    },
    /** @param {string} dir @param {string} name */
    write(dir, name) {
      const list = lines.map(({ line }) => `- ${line}\n`).join('');
      const facts = Object.entries(notes).map(([key, value]) => `${key} ${String(value)}`);
      writeFileAtomic(
        join(dir, `${name}.md`),
        `# ${title}\n\n${describeProvenance(origin)}\n\n${list}\n${facts.join(', ')}.\n`,
      );
      writeJsonAtomic(join(dir, `${name}.json`), { ...origin, notes, results: lines });
    },
  };
}

function describeCommit() {
  const commit = git('rev-parse', '--short=12', 'HEAD');
  return commit !== 'unknown' && git('status', '--porcelain', '--untracked-files=no') ? `${commit}-dirty` : commit;
}

/** @param {string[]} args */
function git(...args) {
  try {
    return execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return 'unknown'; // not a clone
  }
}
