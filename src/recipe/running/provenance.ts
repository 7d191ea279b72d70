/**
 * @file Where a result comes from: `provenance.json` in the work folder.
 *
 * Versions, git state (with whether there were uncommitted changes), machine, seed, hashes of the recipe's files and
 * every command line that changed the folder, oldest first. Written before the work starts, so that an interrupted run
 * has it too.
 */
import { commandLine } from '../../command-line.js';
import { acanetCommit, gitState, machine, versions } from '../../machine.js';
import { fileSha256 } from '../../storage/hashing.js';
import { recordFiles } from '../../storage/written-files.js';
import { provenance, RESOLVED_RECIPE, type CommandRecord } from '../artifacts/control-files.js';
import type { LoadedRecipe } from '../definition/load.js';

/** Adds this command to the folder's record, once `recipe.resolved.yaml` is written. */
export async function recordProvenance(
  folder: string,
  { recipe, files }: LoadedRecipe,
  { sets, readsTest }: Required<Pick<CommandRecord, 'sets' | 'readsTest'>>,
): Promise<void> {
  const earlier = provenance.readIfThere(folder)?.commands ?? [];
  const command: CommandRecord = {
    time: new Date().toISOString(),
    directory: process.cwd(),
    command: commandLine(process.argv.slice(2)),
    sets: [...sets],
    readsTest,
  };
  provenance.write(folder, {
    recipe: recipe.name,
    seed: recipe.seed,
    versions: versions(),
    git: {
      acanet: acanetCommit(),
      workingDirectory: gitState(process.cwd()),
    },
    machine: machine(),
    engine: recipe.engine,
    inputs: await Promise.all(files.map(async (file) => ({ file, sha256: await fileSha256(file) }))),
    commands: [...earlier, command],
    resolved: recordFiles(folder, [RESOLVED_RECIPE])[RESOLVED_RECIPE],
  });
}
