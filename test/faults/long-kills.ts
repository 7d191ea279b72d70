/**
 * @file The long form of the kills: SIGKILL at a system call of each stage, and at random times through a whole run. Then the
 * same command again: all files must be the bytes that an undisturbed run writes, and nothing may be left over.
 */
import { keyedRandom } from '../../src/random.js';
import { type Experiment, type StageName, STAGES } from './experiment.js';
import { changingCalls, straceProblem, withFault } from './system-calls.js';

const RUN = ['run', 'tiny.yaml'];

/** @returns how many of the kills made a difference */
export async function reportKills(
  experiment: Experiment,
  { perStage, atRandom, seed }: { perStage: number; atRandom: number; seed: number },
): Promise<number> {
  await experiment.acanet(RUN);
  experiment.keepReference();
  const problem = straceProblem();
  if (problem) console.log(`kills at system calls are left out: ${problem}`);
  let findings = 0;
  for (const stage of problem ? [] : STAGES)
    findings += await killAtCalls(experiment, { stage, kills: perStage, seed });
  return findings + (await killAtRandom(experiment, { kills: atRandom, seed }));
}

/** Kills at calls chosen at random among those that change the work folder, from just before the stage. */
async function killAtCalls(
  experiment: Experiment,
  { stage, kills, seed }: { stage: StageName; kills: number; seed: number },
): Promise<number> {
  experiment.rewind(stage);
  const calls = (await changingCalls(experiment, RUN)).filter(({ stage: of }) => of === stage);
  const chosen = keyedRandom(seed, 'kills', stage).shuffle(calls).slice(0, kills);
  const found: string[] = [];
  let killed = 0;
  for (const call of chosen) {
    experiment.rewind(stage);
    const { signal } = await experiment.acanet(RUN, { under: withFault('signal=KILL', call) });
    killed += Number(signal === 'SIGKILL');
    const { code, stderr } = await experiment.acanet(RUN);
    const wrong = code === 0 ? experiment.differences(stage) : [`exit ${code}: ${stderr.trim().split('\n').at(-1)}`];
    if (wrong.length > 0) found.push(`  ${call.name} ${call.ordinal}: ${wrong.join(', ')}`);
  }
  console.log(
    `${stage}: ${killed} kills, each at one of the ${calls.length} calls that change its files; ${found.length} made a difference`,
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
