/**
 * @file The commands in README.md and docs/: each names a command and options that exist, and runs on the data of a
 * demo that is made smaller. What a block needs beside that is marked where it opens (pages.ts).
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Command } from 'commander';
import { createProgram } from '../../src/cli/program.js';
import { skip } from '../skip.js';
import { commandsOf, fencesOf, fileOf, pages, root, type Fence } from './pages.js';

const all = process.env.ACANET_DOCS === 'all';

/** The demo in seconds: a recipe file of its name, which `acanet` takes in the place of the name (see `shim`). */
const SMALL_DEMO = `
extends: demo
corpus: { trainSpeakers: 24, testSpeakers: 8, utterancesPerSpeaker: 4, testUtterancesPerSpeaker: 4 }
development: { speakers: 6 }
systems:
  aca-net:
    model: { latents: 16, embed: 32, layers: 1, attentionMlp: 32, transformerMlp: 32 }
    training: { epochs: 2 }
  ecapa-tdnn:
    model: { channels: [32, 32, 32, 32, 96], embedding: 32, attentionChannels: 16, seChannels: 16 }
training: { epochs: 2, batchSize: 8, cropFrames: 60 }
`;

/** `acanet` of this checkout, for whom the demo is the small one. */
const shim = `#!/bin/sh
[ "\${1-}" = demo ] && set -- run "$@"
for word do
  shift
  [ "$word" = demo ] && word=./demo.yaml
  set -- "$@" "$word"
done
exec '${process.execPath}' '${join(root, 'bin/acanet.js')}' "$@"
`;

const shellFences = (page: string): Fence[] => fencesOf(page).filter(({ language }) => language === 'sh');
const runsHere = ({ marks }: Fence) => marks.every((mark) => mark === 'fails' || (mark === 'needs-minutes' && all));

describe('the commands of the documentation', () => {
  for (const page of pages) {
    const fences = shellFences(page);
    if (fences.length === 0) continue;
    it(`exist, with every option that is shown: ${page}`, () => {
      for (const { text, line, marks } of fences) {
        if (marks.includes('fails')) continue; // perhaps for a name that does not exist
        for (const words of commandsOf(text)) {
          const start = words.findIndex((word) => !/^[A-Z_]+=/.test(word));
          if (words[start] !== 'acanet' && words[start] !== 'npx') continue;
          parse(words.slice(words.indexOf('acanet') + 1), `${page}:${line}: ${words.join(' ')}`);
        }
      }
    });
  }

  describe('run on the data of the demo', () => {
    let folder: string;
    before(function () {
      if (process.platform === 'win32') skip(this, 'the commands are of a POSIX shell');
      folder = mkdtempSync(join(tmpdir(), 'acanet-docs-'));
      mkdirSync(join(folder, 'bin'));
      mkdirSync(join(folder, 'reader'));
      writeFileSync(join(folder, 'bin/acanet'), shim);
      chmodSync(join(folder, 'bin/acanet'), 0o755);
      writeFileSync(join(folder, 'reader/demo.yaml'), SMALL_DEMO);
      const made = run('acanet run demo');
      assert.equal(made.status, 0, made.output);
      makeReadersFiles(join(folder, 'reader'));
    });
    after(() => rmSync(folder, { recursive: true, force: true }));

    function run(script: string) {
      const { status, stdout, stderr } = spawnSync('sh', ['-eu', '-c', script], {
        cwd: join(folder, 'reader'),
        encoding: 'utf8',
        env: {
          ...process.env,
          PATH: `${join(folder, 'bin')}${delimiter}${process.env.PATH}`,
          COLUMNS: '120',
          ACANET_ENGINES: join(folder, 'engines'), // none is installed
        },
      });
      return { status, output: `${stdout}${stderr}` };
    }

    for (const page of pages) {
      const fences = fencesOf(page);
      if (!shellFences(page).some(runsHere)) continue;
      it(page, () => {
        for (const [index, fence] of fences.entries()) {
          const file = fileOf(fence);
          if (file !== undefined) writeFileSync(join(folder, 'reader', file), fence.text);
          if (fence.language !== 'sh' || !runsHere(fence)) continue;
          const { status, output } = run(fence.text);
          const where = `${page}:${fence.line}:\n${fence.text}\n${output}`;
          if (!fence.marks.includes('fails')) {
            assert.equal(status, 0, where);
            continue;
          }
          assert.notEqual(status, 0, where);
          const message = fences[index + 1];
          assert.equal(message?.language, 'text', `${page}:${fence.line}: what fails is followed by its message`);
          for (const line of message.text.trimEnd().split('\n')) {
            for (const part of line.split('…'))
              assert.ok(output.includes(part.trim()), `not in the output: ${part}\n${where}`);
          }
        }
      });
    }
  });
});

/** What the pages take for granted beside the demo: recordings of one's own, and two files. */
function makeReadersFiles(folder: string): void {
  const audio = join(folder, 'exp/demo/audio');
  const voices = join(audio, readdirSync(audio)[0]);
  for (const speaker of readdirSync(voices).slice(0, 12)) {
    for (const file of readdirSync(join(voices, speaker))) {
      const session = file.split('-')[1];
      cpSync(join(voices, speaker, file), join(folder, 'recordings', speaker, session, file));
    }
  }
  const [first, second] = readdirSync(join(voices, 'test0000')).sort();
  cpSync(join(voices, 'test0000', first), join(folder, 'a.wav'));
  cpSync(join(voices, 'test0000', second), join(folder, 'b.wav'));
}

/** Parses a command line as acanet would, without running it. */
function parse(words: string[], where: string): void {
  const fail = (text: string) => assert.fail(`${where}\n${text}`);
  let command: Command = createProgram();
  let rest = words;
  for (let sub; (sub = command.commands.find((candidate) => candidate.name() === rest[0])); rest = rest.slice(1)) {
    command = sub;
  }
  if (rest.some((word) => ['--help', '-h', '--version', '-V'].includes(word))) return;
  command
    .exitOverride((error) => fail(error.message))
    .configureOutput({ writeErr: () => undefined, outputError: () => undefined });
  const { operands, unknown } = command.parseOptions(rest);
  if (unknown.length > 0) fail(`there is no option ${unknown.join(' ')}`);
  const expected = command.registeredArguments;
  const required = expected.filter((argument) => argument.required).length;
  const most = expected.some((argument) => argument.variadic) ? Infinity : expected.length;
  if (operands.length < required || operands.length > most)
    fail(`got ${operands.length} arguments: ${operands.join(' ')}`);
  if (
    command.commands.length > 0 &&
    operands.length === 0 &&
    words.length > 0 &&
    !expected.length &&
    command.parent === null
  )
    fail('there is no such command');
}
