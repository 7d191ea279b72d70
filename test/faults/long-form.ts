/**
 * @file The long forms of the fault tests, too long for every change (`npm run test:faults`, documented in
 * docs/reliability.md): they print what they count, and exit with 1 if anything was found.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, Option } from 'commander';
import { createExperiment, STAGES } from './experiment.js';
import { reportFuzz } from './fuzz/long-fuzz.js';
import { reportKills } from './long-kills.js';

const program = new Command('npm run test:faults --').description('Damage, kills and refusals in great numbers.');
let findings = 0;
const folder = mkdtempSync(join(tmpdir(), 'acanet-faults-'));

program
  .command('fuzz')
  .description('damaged files for every parser')
  .option('--inputs <n>', 'in all, about', Number, 1_000_000)
  .option('--from <n>', 'number of the first input of each parser', Number, 0)
  .option('--only <name...>', 'these parsers alone')
  .action(async (options: { inputs: number; from: number; only?: string[] }) => {
    findings += await reportFuzz({ folder, ...options });
  });

program
  .command('kills')
  .description('SIGKILL at system calls of each stage, and at random times')
  .option('--fault <fault>', 'in place of the signal: error=ENOSPC, error=EIO, …', 'signal=KILL')
  .option('--per-stage <n>', 'at system calls of each stage', Number, 10)
  .option('--at-random <n>', 'at random times', Number, 20)
  .option('--seed <n>', 'of the moments', Number, 1)
  .addOption(new Option('--stages <stage...>', 'these alone').choices(STAGES))
  .action(async (options: Parameters<typeof reportKills>[1]) => {
    findings += await reportKills(createExperiment(join(folder, 'kills')), options);
  });

program
  .command('damage')
  .description('every file of a work folder, damaged in every way, for every command that reads it')
  .option('--every <n>', 'one case of so many', Number, 1)
  .action(({ every }: { every: number }) => {
    const test = fileURLToPath(new URL('./damage.test.js', import.meta.url));
    const env = { ...process.env, ACANET_DAMAGE_EVERY: String(every) };
    findings += spawnSync('npx', ['mocha', test], { stdio: 'inherit', env }).status === 0 ? 0 : 1;
  });

try {
  await program.parseAsync();
  process.exitCode = findings > 0 ? 1 : 0;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
