/** @file Values that are too close for what is drawn at them, moved apart. */
import { mean } from '../../statistics.js';

/**
 * Values moved as little as needed so that any two are so far apart; those that meet stand about their mean, in their
 * order.
 */
export function setApart(values: readonly number[], least: number): number[] {
  const groups: { members: number[]; centre: number }[] = [];
  const width = ({ members }: { members: number[] }) => (members.length - 1) * least;
  for (const index of [...values.keys()].sort((a, b) => values[a] - values[b] || a - b)) {
    let group = { members: [index], centre: values[index] };
    let before = groups.at(-1);
    while (before && group.centre - width(group) / 2 - (before.centre + width(before) / 2) < least * (1 - 1e-9)) {
      const members = [...before.members, ...group.members];
      group = { members, centre: mean(members.map((member) => values[member])) };
      groups.pop();
      before = groups.at(-1);
    }
    groups.push(group);
  }
  const places = [...values];
  for (const group of groups) {
    group.members.forEach((member, i) => (places[member] = group.centre - width(group) / 2 + i * least));
  }
  return places;
}
