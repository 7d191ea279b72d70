import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { UserError } from '../../../src/errors.js';
import { type DefinitionName, figuresByDefinition } from '../../../src/scoring/measures/toolkit-definitions.js';
import { readSafetensors } from '../../../src/storage/safetensors.js';

interface ReferenceSet {
  results: {
    sb_eer: { eer: number };
    sb_mindcf?: { args: { p_target: number; c_miss: number }; mindcf_unnormalised: number }[];
    wespeaker_eer: { eer?: number; error?: string };
    wespeaker_mindcf_normalised: { args: { p_target: number; c_miss?: number }; mindcf: number }[];
  };
}

/**
 * What scikit-learn 1.9.1's roc_curve and NumPy give with voxceleb_trainer's and Kaldi's arithmetic; targets first,
 * then nontargets, sorted stably; minDCF at p = 0.01, 0.05, 0.001.
 */
const computed: Record<string, { kaldi: number; voxceleb_trainer: number; minDcf: number[] }> = {
  tiny_2pos_3neg: { kaldi: 0.5, voxceleb_trainer: 0.5, minDcf: [0.5, 0.5, 0.5] },
  one_pos_one_neg_correct: { kaldi: 0, voxceleb_trainer: 0, minDcf: [0, 0, 0] },
  one_pos_one_neg_wrong: { kaldi: 0, voxceleb_trainer: 1, minDcf: [1, 1, 1] },
  all_equal_5_7: { kaldi: 0.8, voxceleb_trainer: 1, minDcf: [1, 1, 1] },
  perfect: { kaldi: 0, voxceleb_trainer: 0, minDcf: [0, 0, 0] },
  inverted: { kaldi: 2 / 3, voxceleb_trainer: 1, minDcf: [1, 1, 1] },
  ties_200_1000: { kaldi: 0.125, voxceleb_trainer: 0.125, minDcf: [0.794, 0.714, 0.82] },
  neg_scores_300_2000: {
    kaldi: 0.09666666666666666,
    voxceleb_trainer: 0.0935,
    minDcf: [0.8361666666666611, 0.6464999999999993, 0.8533333333333334],
  },
  quantised_x_5k_45k: {
    kaldi: 0.0622,
    voxceleb_trainer: 0.06293333333333333,
    minDcf: [0.44939999999999614, 0.3218222222222225, 0.6133999999999581],
  },
  continuous_5k_45k: { kaldi: 0.0622, voxceleb_trainer: 0.0622, minDcf: [0.48460000000000475, 0.3274, 0.6514] },
};

describe('toolkit-definitions', () => {
  const fixtures = 'test/fixtures/metrics/metrics';
  const { sets } = JSON.parse(readFileSync(`${fixtures}.json`, 'utf8')) as { sets: Record<string, ReferenceSet> };
  const figuresOf = (name: string, definition: DefinitionName, targetsFirst = true) => {
    const { [`${name}/pos`]: pos, [`${name}/neg`]: neg } = readSafetensors(`${fixtures}.safetensors`, [
      `${name}/pos`,
      `${name}/neg`,
    ]);
    const scores = targetsFirst ? [...pos.data, ...neg.data] : [...neg.data, ...pos.data];
    const labels = scores.map((_, i) => (targetsFirst ? i < pos.data.length : i >= neg.data.length));
    return figuresByDefinition(scores, labels, [definition])[0];
  };
  const close = (got: number | null, expected: number, tolerance: number) =>
    assert.ok(got !== null && Math.abs(got - expected) <= tolerance, `got ${got}, expected ${expected}`);

  for (const [name, { results }] of Object.entries(sets)) {
    it(`gives SpeechBrain's figures of the set ${name}`, () => {
      const { eer, ...costs } = figuresOf(name, 'speechbrain');
      close(eer, results.sb_eer.eer, 1e-6); // the original is in float32
      const at = { 0.01: costs.minDcf, 0.05: costs.minDcf005, 0.001: costs.minDcf0001 };
      for (const { args, mindcf_unnormalised } of results.sb_mindcf ?? []) {
        if (args.c_miss === 1) close(at[args.p_target as keyof typeof at], mindcf_unnormalised, 1e-8);
      }
    });

    it(`gives the figures of Kaldi's and voxceleb_trainer's arithmetic of the set ${name}`, () => {
      for (const definition of ['kaldi', 'voxceleb_trainer'] as const) {
        const { eer, minDcf, minDcf005, minDcf0001 } = figuresOf(name, definition);
        close(eer, computed[name][definition], 1e-12);
        [minDcf, minDcf005, minDcf0001].forEach((cost, i) => close(cost, computed[name].minDcf[i], 1e-12));
      }
    });

    // Where scores of both classes are equal, WeSpeaker's numbers depend on how NumPy happens to sort them.
    if (name === 'ties_200_1000' || name === 'quantised_x_5k_45k') continue;
    it(`gives WeSpeaker's figures of the set ${name}, also none where it fails`, () => {
      const { eer, ...costs } = figuresOf(name, 'wespeaker');
      if (results.wespeaker_eer.eer === undefined) assert.equal(eer, null);
      else close(eer, results.wespeaker_eer.eer, 1e-12);
      const at = { 0.01: costs.minDcf, 0.05: costs.minDcf005, 0.001: costs.minDcf0001 };
      for (const { args, mindcf } of results.wespeaker_mindcf_normalised) {
        if (args.c_miss === undefined) close(at[args.p_target as keyof typeof at], mindcf, 1e-12);
      }
    });
  }

  it('brackets WeSpeaker by the orders that equal scores may have: targets first, nontargets first', () => {
    for (const name of ['ties_200_1000', 'quantised_x_5k_45k']) {
      const eers = [true, false].map((targetsFirst) => figuresOf(name, 'wespeaker', targetsFirst).eer!);
      const { eer } = sets[name].results.wespeaker_eer;
      assert.ok(Math.min(...eers) <= eer! && eer! <= Math.max(...eers), `${name}: ${eer} among ${eers.join(', ')}`);
    }
  });

  it('refuses one class only', () => {
    assert.throws(() => figuresByDefinition([1, 2], [1, 1]), UserError);
  });
});
