/** @file `acanet recipes`: what the recipes that come with acanet are for. */
import type { Command } from 'commander';
import { print, printJson } from './output.js';
import { withExamples } from './recipe-options.js';

export function addRecipes(program: Command): void {
  const command = program
    .command('recipes')
    .description(
      'list the recipes that come with acanet: what each is for, the corpus that it needs, how long it takes',
    )
    .option('--json', 'print results as JSON');
  withExamples(command, 'acanet recipes').action(async ({ json }: { json?: boolean }) => {
    const { recipesHere } = await import('../recipe/definition/recipe-list.js');
    const recipes = recipesHere();
    if (json) printJson(recipes);
    else {
      print(
        recipes
          .map(({ name, about, corpus, time }) => `${name}\n  ${about}\n  corpus: ${corpus}\n  time: ${time}`)
          .join('\n'),
      );
    }
  });
}
