/**
 * @file The long form of the kills: SIGKILL at a system call of each stage, and at random times through a whole run;
 * or, in place of the signal, a refusal of that call, as by a full disk, which the command must end with 1 and words
 * upon. Then the same command again: all files must be the bytes that an undisturbed run writes, and nothing may be
 * left over.
 */
import { keyedRandom } from '../../src/random.js';
import { type Experiment, type StageName, STAGES } from './experiment.js';
import { changingCalls, straceProblem, withFault } from './system-calls.js';

const RUN = ['run', 'tiny.yaml'];
const DEFECT = 70;

/** What happens at a system call: the process is killed, or the call fails. */
export type Fault = 'signal=KILL' | `error=${string}`;

/** @returns how many of the faults made a difference */
export async function reportKills(
  experiment: Experiment,
  {
    fault,
    perStage,
    atRandom,
    seed,
    stages = STAGES,
  }: { fault: Fault; perStage: number; atRandom: number; seed: number; stages?: readonly StageName[] },
): Promise<number> {
  await experiment.acanet(RUN);
  experiment.keepReference();
  const problem = straceProblem();
  if (problem) console.log(`faults at system calls are left out: ${problem}`);
  let findings = 0;
  for (const stage of problem ? [] : stages) {
    findings += await breakAtCalls(experiment, { fault, stage, count: perStage, seed });
  }
  return findings + (atRandom > 0 ? await killAtRandom(experiment, { kills: atRandom, seed }) : 0);
}

/** The fault at calls chosen at random among those by which the stage changes the work folder. */
async function breakAtCalls(
  experiment: Experiment,
  { fault, stage, count, seed }: { fault: Fault; stage: StageName; count: number; seed: number },
): Promise<number> {
  experiment.rewind(stage);
  const calls = (await changingCalls(experiment, RUN)).filter(({ stage: of }) => of === stage);
  const found: string[] = [];
  let ended = 0;
  for (const call of keyedRandom(seed, fault, stage)
    .shuffle([...calls])
    .slice(0, count)) {
    experiment.rewind(stage);
    const broken = await experiment.acanet(RUN, { under: withFault(fault, call) });
    ended += Number(fault === 'signal=KILL' ? broken.signal === 'SIGKILL' : broken.code === 1);
    const { code, stderr } = await experiment.acanet(RUN);
    const wrong = code === 0 ? experiment.differences(stage) : [`exit ${code}: ${stderr.trim().split('\n').at(-1)}`];
    if (broken.code === DEFECT) wrong.push(`exit ${DEFECT}: ${broken.stderr}`);
    if (wrong.length > 0) found.push(`  ${call.name} ${call.ordinal}: ${wrong.join(', ')}`);
  }
  console.log(
    `${stage}: ${ended} ended by ${fault} at one of ${calls.length} calls; ${found.length} made a difference`,
  );
  for (const line of found) console.log(line);
  return found.length;
}

/** Kills one run after the other at random times, each of which goes on where the one before was ended. */
async function killAtRandom(experiment: Experiment, { kills, seed }: { kills: number; seed: number }): Promise<number> {
  const { uniform } = keyedRandom(seed, 'kills at random');
  const stages = new Map<string, number>();
  let findings = 0;
  experiment.rewind();
  const began = performance.now();
  await experiment.acanet(RUN);
  const whole = performance.now() - began;
  experiment.rewind();
  for (let killed = 0; killed < kills;) {
    const { signal, code, stage = 'start', stderr } = await experiment.acanet(RUN, { killAfter: uniform() * whole });
    if (signal === 'SIGKILL') {
      killed++;
      stages.set(stage, (stages.get(stage) ?? 0) + 1);
      if (killed < kills) continue;
      await experiment.acanet(RUN);
    }
    const wrong = signal === null && code !== 0 ? [stderr] : experiment.differences('prep');
    if (wrong.length > 0) console.log(`  DIFFERENT: ${wrong.join(', ')}`);
    findings += Number(wrong.length > 0);
    experiment.rewind();
  }
  const tally = [...stages].map(([stage, count]) => `${stage} ${count}`).join(', ');
  console.log(`at random times: ${kills} kills (${tally}), ${findings} of the finished runs are different`);
  return findings;
}
