/** Tells TypeScript what Vite makes of an import that asks for a bundled worker's address. */

declare module '*?worker&url' {
  const url: string;
  export default url;
}
