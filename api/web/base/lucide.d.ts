/** One module of Lucide for each icon: its marks, as `[tag, attributes]`. A test holds that each imported one is there. */
declare module 'lucide/*.mjs' {
  const marks: import('./icons.js').Drawing;
  export default marks;
}
