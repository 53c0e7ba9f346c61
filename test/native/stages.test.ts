/** The list of steps stands in C and in TypeScript: they must be one. */
import { expect, it } from 'vitest';
import { native, STAGES } from '../../src/native';

it('knows the same stages on both sides of the boundary', () => {
  expect(native.stages).toEqual([...STAGES]);
});
