/**
 * @file Writes the declarations of the library (`src/library`) to `dist/types/*.d.ts`, file by file. They
 * name no types of other folders, so nothing else of acanet needs declarations; one that did would be an error here.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import ts from 'typescript';

const [source, target] = ['src/library', 'dist/types'];
const problems = [];
const written = new Set();

/** Writes a file's declarations, and those of the files that they name. */
function write(name) {
  if (written.has(name)) return;
  written.add(name);
  const { outputText, diagnostics = [] } = ts.transpileDeclaration(readFileSync(`${source}/${name}.ts`, 'utf8'), {
    fileName: `${name}.ts`,
    compilerOptions: { target: ts.ScriptTarget.ES2023, isolatedDeclarations: true, declaration: true },
  });
  for (const { messageText } of diagnostics) {
    problems.push(`${name}.ts: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`);
  }
  writeFileSync(`${target}/${name}.d.ts`, outputText);
  for (const [, path] of outputText.matchAll(/from '(\.[^']*)'/g)) {
    const [, other] = /^\.\/([\w-]+)\.js$/.exec(path) ?? [];
    if (other !== undefined) write(other);
    else problems.push(`${name}.ts: its declarations name types of ${path}, which is not of the library`);
  }
}

mkdirSync(target, { recursive: true });
write('index');
if (problems.length > 0) {
  console.error(problems.join('\n'));
  process.exit(1);
}
