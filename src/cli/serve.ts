/** @file `acanet serve`: a page on this machine that compares two voices with a trained model. */
import type { Command } from 'commander';
import { findModel } from './model-folder.js';
import { wholeNumber } from './number-flag.js';
import { print, printJson, say } from './output.js';
import { withExamples, withRecipeOptions, type RecipeFlags } from './recipe-options.js';

interface ServeFlags extends RecipeFlags {
  model?: string;
  port: string;
}

export function addServe(program: Command): void {
  const command = program
    .command('serve')
    .description('a page on this machine that compares voices with a trained model; nothing leaves the machine')
    .option('--model <name|dir>', "a system of the recipe, or a model folder (default: the recipe's model)")
    .option('--port <n>', 'of localhost; 0: any that is free', '8080');
  withExamples(
    withRecipeOptions(command),
    'acanet serve --recipe demo',
    'acanet serve --model exp/demo/model/aca-net --port 0',
  ).action(async (flags: ServeFlags) => {
    const port = wholeNumber('--port', flags.port, { from: 0, to: 65535 });
    const [{ buildPage }, { servePage }] = await Promise.all([
      import('../tasks/page/build-page.js'),
      import('../tasks/page/serve-page.js'),
    ]);
    const { modelDir } = await findModel(flags);
    const server = await servePage(await buildPage(modelDir), { port });
    if (flags.json) printJson({ address: server.address, model: modelDir });
    else print(server.address);
    say(`  the page of ${modelDir}, for browsers of this machine; Ctrl-C ends it`);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => server.close());
    await server.closed;
  });
}
