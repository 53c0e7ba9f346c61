/** While something else goes on, a program is killed again and again: is it still started again each time? */
import type { Supervised } from './supervise';

/** @returns how often it was killed, each time after it ran */
export async function killing(
  supervised: Supervised,
  name: string,
  meanwhile: () => Promise<void>,
): Promise<number> {
  let over = false;
  let kills = 0;
  const killer = (async () => {
    for (let before = 0; !over; kills++) {
      const { pid } = await supervised.until(
        name,
        'runs again',
        (now) => now.state === 'RUNNING' && now.pid !== before,
      );
      process.kill(pid, 'SIGKILL');
      before = pid;
    }
    await supervised.until(name, 'has ended as often', ({ restarts }) => restarts === kills);
  })();
  try {
    await meanwhile();
  } finally {
    over = true;
    await killer;
  }
  return kills;
}
