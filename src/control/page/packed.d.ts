/** scripts/packed.mjs makes these: a file of the page, bundled, made small, compressed, in base64. */
declare module 'packed:*' {
  export const gzipped: string;
}
