/** @file `acanet report`: the page of the last comparison. */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { reportFiles } from '../recipe/artifacts/report.js';
import { print, printJson, say } from './output.js';
import { bringUpToDate, openFrom, withExamples, withRecipeOptions, type RecipeFlags } from './recipe-options.js';

interface ReportFlags extends RecipeFlags {
  open?: boolean;
  audio?: boolean;
  force?: boolean;
}

export function addReport(program: Command): void {
  const command = program
    .command('report')
    .description('write a page of the last comparison: DET curves, training curves, embeddings, the worst trials, …')
    .option('--open', 'show it in the browser')
    .option('--audio', 'with audio of the worst trials, whatever the corpus (report.audio)')
    .option('--no-audio', 'without audio')
    .option('--force', 'make it again even if it is up to date');
  withExamples(withRecipeOptions(command), 'acanet report --recipe demo --open').action(async (flags: ReportFlags) => {
    const sets = flags.audio === undefined ? [] : [`report.audio=${flags.audio}`];
    const experiment = await openFrom({ flags, sets });
    const { lastCompared } = await import('../recipe/comparison/chosen-systems.js');
    const compared = lastCompared(experiment.recipe, experiment.folder);
    if (!compared.names) {
      const { UserError } = await import('../errors.js');
      const { commandLine } = await import('../command-line.js');
      const { optionsOf } = await import('../recipe/running/work-folder.js');
      const command = experiment.recipe.evaluate === 'test' ? ['compare', 'baseline'] : ['run'];
      throw new UserError(
        `${experiment.folder}: nothing has been compared here\n  make a comparison first: ${commandLine([...command, ...optionsOf(experiment)])}`,
      );
    }
    await bringUpToDate({ experiment, targets: ['report'], force: flags.force ? ['report'] : [], compared });
    const folder = join(experiment.folder, 'report');
    const { page } = reportFiles(folder);
    if (flags.json) printJson({ page, figures: figuresBeside(folder) });
    else print(page);
    if (flags.open) showInBrowser(page);
  });
}

/** Says where the page of a stage is, on stderr. */
export function mentionPage(folder: string): void {
  say(`report: ${reportFiles(folder).page}\n`);
}

function figuresBeside(folder: string): string[] {
  const { figures } = reportFiles(folder);
  return readdirSync(figures)
    .sort()
    .map((file) => join(figures, file));
}

/** Hands the page to whatever opens files here. */
function showInBrowser(page: string): void {
  const path = resolve(page);
  const [command, ...args] =
    process.platform === 'darwin'
      ? ['open', path]
      : process.platform === 'win32'
        ? ['cmd', '/c', 'start', '""', path]
        : ['xdg-open', path];
  const opener = spawn(command, args, { detached: true, stdio: 'ignore' });
  opener.on('error', () => say(`! ${command} is not there: open ${path} in a browser yourself\n`));
  opener.unref();
}
