/** @file Text made fit for markup, as content and as the value of an attribute, in HTML and in SVG alike. */

export const escapeMarkup = (text: string): string =>
  text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
