// How docs/results.md quotes the tables of results/: between `<!-- results/NAME.md -->` and `<!-- end -->` stands what
// that file holds, word for word, with the long parts (each document, how it was measured) folded away.

/** A quotation in a page, the file's name in its first group, its text in the second. */
export const quotation = /<!-- (results\/[\w-]+\.md) -->\n([\s\S]*?)<!-- end -->/g;

/** Lines that begin a part to be folded; each goes on to the next of them, or to the end. */
const FOLDED = ['Each document', 'How it was measured'];

/** What stands between the marks for a file's text. */
export function quoted(text: string): string {
  const parts: string[][] = [[]];
  for (const line of text.trim().split('\n')) {
    if (FOLDED.includes(line)) parts.push([]);
    parts[parts.length - 1].push(line);
  }
  const [head, ...folded] = parts.map((lines) => lines.join('\n').trim());
  return [head, ...folded.map(fold)].join('\n\n');
}

function fold(part: string): string {
  const [summary, ...rest] = part.split('\n');
  return `<details><summary>${summary}</summary>\n\n${rest.join('\n').trim()}\n\n</details>`;
}
