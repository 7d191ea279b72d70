/** @file The process that `side-by-side.ts` starts: brings the stages of one run up to date and reports by messages. */
import { messageOf, UserError } from '../../errors.js';
import { createStages } from '../stages/stages.js';
import { realLibrary } from './real-library.js';
import type { SideBySideMessage, SideBySideTask } from './side-by-side.js';
import { runStages } from './stage-runner.js';

const stop = new AbortController();
// A terminal sends ^C to every process of the group; who started this one says what becomes of it.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => stop.abort(new Error('SIGTERM')));
process.on('disconnect', () => stop.abort(new Error('whoever started this process is gone')));
process.once('message', (task: SideBySideTask) => void work(task));

const tell = (message: SideBySideMessage) => process.send?.(message);

async function work({ recipe, workFolder, targets, force, jobs }: SideBySideTask): Promise<void> {
  const stages = createStages({ recipe, workFolder, library: realLibrary });
  try {
    await runStages({
      workFolder,
      stages,
      targets,
      force,
      signal: stop.signal,
      beside: jobs,
      log: (line) => {
        if (!line.startsWith('= ')) tell({ log: line });
      },
      onFinished: (finished) => tell({ finished }),
    });
  } catch (error) {
    const userError = error instanceof UserError;
    tell({ failed: userError ? error.message : ((error as Error).stack ?? messageOf(error)), userError });
    process.exitCode = 1;
  }
  process.disconnect();
}
