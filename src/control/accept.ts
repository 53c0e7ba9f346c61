/** Which of several representations a client likes best: Accept, RFC 9110. */

interface Range {
  type: string;
  quality: number;
}

function parse(header: string): Range[] {
  return header.split(',').map((part) => {
    const [type = '', ...parameters] = part.split(';').map((word) => word.trim().toLowerCase());
    const quality = parameters.find((word) => word.startsWith('q='))?.slice(2) ?? '1';
    return { type, quality: /^(?:0(?:\.\d*)?|1(?:\.0*)?)$/.test(quality) ? Number(quality) : 0 };
  });
}

/** The most specific range decides; of several versions of a type the best. */
function qualityOf(ranges: readonly Range[], type: string): number {
  for (const name of [type, type.replace(/\/.*/, '/*'), '*/*']) {
    const matching = ranges.filter((range) => range.type === name);
    if (matching.length > 0) return Math.max(...matching.map(({ quality }) => quality));
  }
  return 0;
}

/** The first of those that are liked best; where none is, the first of all: better than nothing. */
export function preferred<const Type extends string>(
  header: string | undefined,
  offered: readonly Type[],
): Type {
  const ranges = parse(header ?? '*/*');
  const qualities = offered.map((type) => qualityOf(ranges, type));
  return offered[qualities.indexOf(Math.max(...qualities))] as Type;
}
