/** @file What bash offers at Tab, and that the other scripts know the same commands. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { completionScript } from '../../src/cli/completion.js';
import { createProgram } from '../../src/cli/program.js';
import { skip } from '../skip.js';

describe('cli/completion', () => {
  const script = (shell: 'bash' | 'zsh' | 'fish') =>
    completionScript(shell, createProgram(), { recipes: ['demo', 'wsj0', 'wsj0-comparison'] });

  it('offers commands, their options, values and recipes in bash', function () {
    if (spawnSync('bash', ['--version']).status !== 0) skip(this, 'no bash here');
    const offered = (...words: string[]) => {
      const tab = `COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _acanet; echo "\${COMPREPLY[*]}"`;
      const { stdout, stderr } = spawnSync('bash', ['-c', `${script('bash')}\n${tab}`, 'bash', 'acanet', ...words], {
        encoding: 'utf8',
      });
      assert.equal(stderr, '');
      return stdout.trim().split(' ');
    };
    assert.deepEqual(offered('re'), ['recipes', 'report', 'reproduce']);
    assert.deepEqual(offered('data', 'im'), ['import']);
    assert.deepEqual(offered('data', 'import', '--al'), ['--allow-pipes']);
    assert.deepEqual(offered('train', '--recipe', 'wsj'), ['wsj0', 'wsj0-comparison']);
    assert.deepEqual(offered('run', 'de'), ['demo']);
    assert.deepEqual(offered('embed', 'a.wav', '--format', ''), ['ark', 'text', 'npy', 'csv']);
  });

  it('knows every command in every shell', () => {
    for (const shell of ['bash', 'zsh', 'fish'] as const) {
      const text = script(shell);
      for (const { commands, name } of createProgram().commands.map((each) => ({
        commands: each.commands,
        name: each.name(),
      }))) {
        if (name === 'help') continue;
        for (const word of [name, ...commands.map((each) => each.name())])
          assert.ok(text.includes(word), `${shell}: ${word}`);
      }
    }
  });
});
