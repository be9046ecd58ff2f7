/** Tells TypeScript what the build makes of imports that only it understands. */

declare module '*?worker&url' {
  const url: string;
  export default url;
}

declare module 'virtual:engine-files' {
  const files:
    | {
        readonly kernelUrl: string;
        readonly relaxedKernelUrl: string;
        /** One at least. */
        readonly models: readonly { readonly name: string; readonly manifestUrl: string; readonly weightsUrl: string }[];
      }
    | undefined;
  export default files;
}

/** In the build of `<kws-listener>` only. */
declare module 'virtual:engine-worker' {
  const url: string;
  export default url;
}
