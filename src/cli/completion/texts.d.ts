/** What the bundler puts in as a text. */
declare module '*.bash' {
  const text: string;
  // biome-ignore lint/style/noDefaultExport: it is how a bundler exports a text.
  export default text;
}
declare module '*.zsh' {
  const text: string;
  // biome-ignore lint/style/noDefaultExport: it is how a bundler exports a text.
  export default text;
}
declare module '*.fish' {
  const text: string;
  // biome-ignore lint/style/noDefaultExport: it is how a bundler exports a text.
  export default text;
}
