import assert from 'node:assert/strict';
import { parseLocatedYaml, plainValue, setLocated } from '../../src/configuration/located-yaml.js';
import { UserError } from '../../src/errors.js';

describe('YAML with places', () => {
  it('writes aliases out', () => {
    const text = 'small: &small { epochs: 1 }\nother: *small\nboth: [*small, *small]\n';
    const [small, other] = [{ epochs: 1 }, { epochs: 1 }];
    assert.deepEqual(plainValue(parseLocatedYaml(text, 'x.yaml')), { small, other, both: [small, other] });
  });

  it('refuses aliases of aliases that grow without end, at once, with file and line', () => {
    let text = 'a: &a [x, x, x, x, x, x, x, x, x]\n';
    for (const [name, below] of ['ba', 'cb', 'dc', 'ed', 'fe', 'gf', 'hg', 'ih']) {
      text += `${name}: &${name} [${Array(9).fill(`*${below}`).join()}]\n`;
    }
    assert.throws(
      () => parseLocatedYaml(text, 'bomb.yaml'),
      (error) => {
        assert.ok(error instanceof UserError);
        assert.match(error.message, /^bomb\.yaml:6: expected at most 100000 values in a file, got more .* aliases/);
        return true;
      },
    );
  });

  it('refuses an alias of nothing and a tag that nobody knows, which would else count as nothing', () => {
    for (const [text, message] of [
      ['a: 1\nb: *bg\n', /x\.yaml:2: no value is named &bg before the alias \*bg/],
      ['a: { b: [1, *c] }\n', /x\.yaml:1: no value is named &c/],
      ['a: 1\nb: !foo { c: 1 }\n', /x\.yaml:2: not valid YAML: Unresolved tag: !foo/],
    ] as const)
      assert.throws(() => parseLocatedYaml(text, 'x.yaml'), message);
  });

  it('refuses an alias inside of what it names, and what is nested beyond reading', () => {
    assert.throws(
      () => parseLocatedYaml('a: &a [*a]\n', 'x.yaml'),
      /^UserError: x\.yaml: .*an alias \(\*\) stands inside/,
    );
    assert.throws(() => parseLocatedYaml('['.repeat(30_000), 'x.yaml'), UserError);
  });
});

describe('an override', () => {
  it('means the longest name that is there, where names have dots', () => {
    const tree = parseLocatedYaml('systems: { x: { seeds: 1 }, x.1: { model: { a.b: 1 } } }', 'f.yaml');
    const set = (assignment: string) => plainValue(setLocated(tree, assignment));
    for (const [assignment, systems] of [
      ['systems.x.1.seeds=2', { x: { seeds: 1 }, 'x.1': { model: { 'a.b': 1 }, seeds: 2 } }],
      ['systems.x.seeds=2', { x: { seeds: 2 }, 'x.1': { model: { 'a.b': 1 } } }],
      ['systems.x.1.model.a.b=2', { x: { seeds: 1 }, 'x.1': { model: { 'a.b': 2 } } }],
      ['systems.x.2.seeds=2', { x: { seeds: 1, '2': { seeds: 2 } }, 'x.1': { model: { 'a.b': 1 } } }],
    ] as const)
      assert.deepEqual(set(assignment), { systems });
  });
});
