/**
 * @file Listening, features, embeddings and robustness in shares: the jobs of a recipe, done one after another in this
 * process, with stand-ins for training and network, leave the files that a run without jobs leaves.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { planJobs } from '../../../src/recipe/executors/job-graph.js';
import type { Job } from '../../../src/recipe/executors/job-files.js';
import { openExperiment } from '../../../src/recipe/running/work-folder.js';
import { runShare } from '../../../src/recipe/running/stage-share.js';
import { planStages, runStages } from '../../../src/recipe/running/stage-runner.js';
import { createStages } from '../../../src/recipe/stages/stages.js';
import { filesIn } from '../../../src/storage/written-files.js';
import { standInLibrary } from '../stand-in-library.js';

const SETS = [
  'corpus={trainSpeakers: 6, testSpeakers: 3, utterancesPerSpeaker: 2, testUtterancesPerSpeaker: 4, duration: [1, 1.2]}',
  ...['development.speakers=2', 'features.normalize=none', 'scoring={normalize: as-norm, top: 3}'],
  'robustness={durations: [0.5, 0.8], snr: [10], noise: white, sides: both}',
];
const PARTS = { prep: { parts: 2 }, embed: { parts: 2 }, robustness: { parts: 2 } };

describe('the work of a recipe in shares', () => {
  let work: string;
  before(() => {
    work = mkdtempSync(join(tmpdir(), 'acanet-shared-'));
  });
  after(() => rmSync(work, { recursive: true, force: true }));

  const library = standInLibrary();
  const { recipe } = openExperiment({ work: 'none', recipe: 'demo', sets: SETS });
  const targets = Object.keys(recipe.systems).map((system) => `robustness/${system}`);
  const stages = () => createStages({ recipe, workFolder: work, library });
  const names = (jobs: readonly Job[]) => jobs.map(({ name, parts }) => `${name} ${parts.length}`);

  /** What is the same wherever it was done: all but times and what was begun. */
  const results = () =>
    new Map(
      filesIn(work)
        .filter((file) => !/speed\.json$|^audio/.test(file))
        .map((file) => [file, readFileSync(join(work, file), 'base64')]),
    );

  it('leaves the files of a run without jobs, and no shares', async () => {
    const reporting = (lines: string[]) => ({
      log: (line: string) => void lines.push(line),
      progress: () => undefined,
    });
    const runAlone = (wanted: string[]) =>
      runStages({ workFolder: work, stages: stages(), targets: wanted, ...reporting([]) });
    // Voices that are made are made once, and both find them.
    const removeAllButAudio = () => {
      for (const name of readdirSync(work)) if (name !== 'audio') rmSync(join(work, name), { recursive: true });
    };
    await runAlone(['prep']);
    removeAllButAudio();
    await runAlone(targets);
    const alone = results();
    removeAllButAudio();
    const plans = planStages({ workFolder: work, stages: stages(), targets });
    const executor = { parts: 2, stages: PARTS };
    const jobs = planJobs({ engine: { threads: 1 }, executor, stages: stages(), plans });
    assert.deepEqual(names(jobs), [
      ...['probe 1', 'corpus 1', 'inspect 2', 'prep 1', 'features 2', 'merge 1', 'train 2', 'embed 8', 'score 2'],
      ...['conditions 4', 'robustness 2'],
    ]);
    const said: string[] = [];
    for (const { parts } of jobs) {
      // The last share first: which comes when makes no difference.
      for (const part of parts.toReversed()) {
        const all = { workFolder: work, stages: stages(), ...reporting(said) };
        if (part.share) {
          const { stage, ...share } = part.share;
          await runShare({ ...all, stage, share });
        } else if (part.prepares !== undefined) await runShare({ ...all, stage: part.prepares });
        else if (part.targets) await runStages({ ...all, targets: part.targets });
      }
    }
    const shared = results();
    assert.deepEqual([...shared.keys()], [...alone.keys()]);
    for (const [file, bytes] of alone) assert.ok(shared.get(file) === bytes, file);
    assert.ok(!existsSync(join(work, 'shares/prep')) && !existsSync(join(work, 'shares/embed/aca-net')));
    const text = said.join('\n');
    assert.match(text, /16 utterances in 8 pieces, of which 0 were there/);
    assert.match(text, /embed\/aca-net: 12 embeddings, made in shares/);
    // Each condition was tested once: by whoever had it as a share.
    assert.equal(text.match(/^ {2}0\.5 s: /gm)?.length, 2);
  });

  it('is that of what is due alone', () => {
    const plans = planStages({ workFolder: work, stages: stages(), targets });
    const due = plans.map((plan) =>
      /^(robustness|embed)\/aca-net$/.test(plan.stage) ? { ...plan, action: 'run' as const } : plan,
    );
    const jobs = planJobs({ engine: { threads: 1 }, executor: { stages: PARTS }, stages: stages(), plans: due });
    assert.deepEqual(names(jobs), ['probe 1', 'embed 2', 'score 1', 'conditions 2', 'robustness 1']);
  });
});
