// How everything here is measured: candidates take turns, so that whatever else the machine does meets all of
// them alike, and each is compared with its neighbour of the same round, not with the day's average.

/**
 * @param {{name: string, measure: (round: number) => Promise<number>, rounds?: number}[]} candidates measure gives milliseconds
 * @param {number} rounds
 * @returns {Promise<Map<string, number[]>>} name -> one figure a round
 */
export async function takeTurns(candidates, rounds, onRound = () => {}) {
  const figures = new Map(candidates.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    onRound(round);
    for (let turn = 0; turn < candidates.length; turn++) {
      // Nobody always follows the same neighbour.
      const { name, measure, rounds: own = rounds } = candidates[(turn + round) % candidates.length];
      // A slow peer has fewer rounds, spread over all of them.
      if (Math.floor(((round + 1) * own) / rounds) > Math.floor((round * own) / rounds))
        figures.get(name)[round] = await measure(round);
    }
  }
  return figures;
}

export function median(values) {
  const sorted = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The median of each round's own ratio: a busy second spoils one round, not the comparison. */
export function ratio(values, base) {
  const both = Object.keys(values).filter((round) => base[round] !== undefined);
  return median(both.map((round) => values[round] / base[round]));
}

export function lowest(values) {
  return Math.min(...values.filter((value) => value !== undefined));
}
