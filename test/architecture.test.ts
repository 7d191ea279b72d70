/** @file The shape of src/: neither its files nor its folders import each other in circles, types included. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

const src = join(process.cwd(), 'src');

/** The files of src/ that each file imports, as paths within src/. */
function readImports(): Map<string, Set<string>> {
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((path) => /\.(ts|js)$/.test(path));
  const known = new Set(files);
  const importsOf = (file: string) =>
    [...readFileSync(join(src, file), 'utf8').matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)]
      .map(([, path]) => relative(src, join(src, dirname(file), path)))
      .map((path) => (known.has(path) ? path : path.replace(/\.js$/, '.ts')))
      .filter((path) => known.has(path));
  return new Map(files.map((file) => [file, new Set(importsOf(file))]));
}

/** What lies on circles, or between two of them: all that is left when the ends of every chain are taken away. */
function onCircles(graph: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const left = new Map([...graph].map(([from, to]) => [from, new Set(to)]));
  for (let before = Infinity; left.size < before;) {
    before = left.size;
    const imported = new Set([...left.values()].flatMap((to) => [...to]));
    for (const [from, to] of left) {
      for (const other of to) if (!left.has(other)) to.delete(other);
      if (to.size === 0 || !imported.has(from)) left.delete(from);
    }
  }
  return [...left].map(([from, to]) => `${from} → ${[...to].join(', ')}`);
}

describe('src/', () => {
  const files = readImports();

  it('is read as a whole', () => {
    assert.ok(files.size > 100);
    assert.ok(files.get(join('engine', 'onnx-engine.ts'))?.has(join('engine', 'program', 'program.ts')));
  });

  it('finds circles where there are some', () => {
    const graph = { a: ['b'], b: ['c'], c: ['b'], d: [] };
    const circles = onCircles(new Map(Object.entries(graph).map(([from, to]) => [from, new Set(to)])));
    assert.deepEqual(circles, ['b → c', 'c → b']);
  });

  it('has no files that import each other in a circle', () => assert.deepEqual(onCircles(files), []));

  for (const depth of [1, 2, 3]) {
    it(`has no folders beside each other that import each other in a circle: ${depth} down`, () => {
      const folderOf = (file: string) => dirname(file).split(sep).slice(0, depth).join(sep);
      const isDown = (file: string) => file.split(sep).length > depth;
      const folders = new Map<string, Set<string>>();
      for (const [file, imported] of files) {
        if (!isDown(file)) continue;
        const folder = folderOf(file);
        const others = [...imported].filter(isDown).map(folderOf);
        folders.set(folder, new Set([...(folders.get(folder) ?? []), ...others.filter((other) => other !== folder)]));
      }
      assert.ok(folders.size > 1);
      assert.deepEqual(onCircles(folders), []);
    });
  }
});
