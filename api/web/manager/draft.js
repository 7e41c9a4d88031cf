/** The plan's text that somebody is writing and that isn't in force yet; other parts of the page show what it would do. */

export const writing = {
  /** @type {string | null} */
  text: null,
};
