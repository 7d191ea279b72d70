import assert from 'node:assert/strict';
import { parseLocatedYaml, plainValue } from '../../src/configuration/located-yaml.js';
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

  it('refuses an alias inside of what it names, and what is nested beyond reading', () => {
    assert.throws(
      () => parseLocatedYaml('a: &a [*a]\n', 'x.yaml'),
      /^UserError: x\.yaml: .*an alias \(\*\) stands inside/,
    );
    assert.throws(() => parseLocatedYaml('['.repeat(30_000), 'x.yaml'), UserError);
  });
});
