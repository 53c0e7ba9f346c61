/** The supervisor's clock: a browser on another machine may have another time. */
let ahead = 0;

export function setClock(supervisorNow: number): void {
  ahead = supervisorNow - Date.now();
}

export function now(): number {
  return Date.now() + ahead;
}
