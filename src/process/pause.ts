/** (node:timers/promises would do, but loading it costs a start.) */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
