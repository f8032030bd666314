// @ts-check

/** "+12025550101" as people write it. */
export const spaced = (/** @type {string} */ number) => number.replace(/^\+1(\d{3})(\d{3})(\d{4})$/, "+1 $1 $2 $3");
