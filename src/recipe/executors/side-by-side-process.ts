/**
 * @file The process that `side-by-side.ts` starts: brings the stages of one run up to date and reports by messages.
 *
 * NOTE: it ends at once when whoever started it is gone: a command given after that has the work folder for itself.
 */
import { UserError } from '../../errors.js';
import { stagesOf } from '../stages/stages.js';
import { realLibrary } from '../../tasks/do-model-work.js';
import { describeFailure, type SideBySideMessage, type SideBySideTask } from './side-by-side.js';
import { runStages } from '../running/stage-runner.js';

const stop = new AbortController();
// A terminal sends ^C to every process of the group; who started this one says what becomes of it.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => stop.abort(new UserError('stopped by SIGTERM')));
process.on('disconnect', () => process.exit(1));
process.once('message', (task: SideBySideTask) => void bringUpToDate(task));

/** A message that cannot be sent is no failure of its own: whoever was to have it is gone. */
const tell = (message: SideBySideMessage) =>
  new Promise<void>((resolve) => {
    if (!process.connected) resolve();
    else process.send!(message, undefined, undefined, () => resolve());
  });

/** How long it may be silent while work goes on. */
const LINE_EVERY_MS = 30_000;

async function bringUpToDate({ work, workFolder, targets, force, beside, sharing, by }: SideBySideTask): Promise<void> {
  const stages = stagesOf(work, workFolder, realLibrary);
  let lastLine = performance.now();
  const log = (line: string) => {
    lastLine = performance.now();
    void tell({ log: line });
  };
  try {
    await runStages({
      workFolder,
      stages,
      targets,
      force,
      signal: stop.signal,
      beside,
      sharing,
      by,
      log: (line) => {
        if (!line.startsWith('= ')) log(line);
      },
      // Bars of several processes would overwrite each other.
      progress: (what, done, total, detail = '') => {
        if (performance.now() - lastLine >= LINE_EVERY_MS)
          log(`  ${what}: ${done} of ${total}${detail && `, ${detail}`}`);
      },
      onFinished: (finished) => void tell({ finished }),
    });
    await tell({ done: true });
  } catch (error) {
    await tell({ failed: describeFailure(error) });
    process.exitCode = 1;
  }
  // A worker thread that still reads must not keep the process.
  process.exit();
}
