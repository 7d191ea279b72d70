/**
 * @file `npm run test:only -- test/AREA/NAME.test.ts [-g NAME]`: one test file in seconds. Compiles what has changed
 * since the last build, file by file and without checking types, to what `npm run build` would write; then runs mocha
 * on the files given. All other arguments are mocha's.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const compiledName = (source) => `dist/${relative('.', source).replace(/\.ts$/, '.js')}`;

/** Compiles each source that is newer than what was made of it. */
function compileChanged() {
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: ({ messageText }) => console.error(messageText) };
  const { fileNames, options } = ts.getParsedCommandLineOfConfigFile('tsconfig.json', {}, host);
  // A file alone does not say that its package is one of ES modules.
  const compilerOptions = { ...options, module: ts.ModuleKind.ESNext };
  for (const fileName of fileNames.filter((name) => !name.endsWith('.d.ts'))) {
    const compiled = compiledName(fileName);
    if (existsSync(compiled) && statSync(compiled).mtimeMs >= statSync(fileName).mtimeMs) continue;
    const { outputText, sourceMapText } = ts.transpileModule(ts.sys.readFile(fileName), { fileName, compilerOptions });
    mkdirSync(dirname(compiled), { recursive: true });
    writeFileSync(compiled, outputText);
    writeFileSync(`${compiled}.map`, sourceMapText);
  }
}

const args = process.argv.slice(2).map((arg) => (/\.test\.ts$/.test(arg) ? compiledName(arg) : arg));
if (!args.some((arg) => /\.test\.js$/.test(arg))) {
  console.error('expected a test file, such as: npm run test:only -- test/audio/g711.test.ts');
  process.exit(1);
}
compileChanged();
for (const script of [['bundle.mjs', '--changed'], ['library-types.mjs']]) {
  const { status } = spawnSync(process.execPath, [`scripts/${script[0]}`, ...script.slice(1)], { stdio: 'inherit' });
  if (status !== 0) process.exit(1);
}
const mocha = fileURLToPath(import.meta.resolve('mocha/bin/mocha.js'));
process.exit(spawnSync(process.execPath, [mocha, ...args], { stdio: 'inherit' }).status ?? 1);
