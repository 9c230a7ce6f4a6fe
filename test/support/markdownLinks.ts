// The links and pictures of Markdown pages that lead to nothing: another file of the same set, or a heading of one.
// Addresses of the web are not followed.
import { posix } from 'node:path';

/** Pages by path; null for a file that is there and whose headings do not matter. */
export type Pages = ReadonlyMap<string, string | null>;

/** What leads nowhere, as `page -> target`. */
export function brokenLinks(pages: Pages): string[] {
  return [...pages].flatMap(([page, text]) =>
    linksOf(text ?? '')
      .filter((link) => !leadsSomewhere(pages, page, link))
      .map((link) => `${page} -> ${link}`),
  );
}

/** Relative links of a page, in the order of the text; code holds none. */
export function linksOf(text: string): string[] {
  const prose = text.replace(/^(`{3,})[\s\S]*?^\1/gm, '').replace(/(`+)(?!`)[^\n]*?[^`]\1(?!`)/g, 'code');
  const targets = [
    ...[...prose.matchAll(/\]\(\s*<?([^)\s>]+)>?[^)]*\)/g)],
    ...[...prose.matchAll(/^\[[^\]]+\]:\s*(\S+)/gm)],
    ...[...prose.matchAll(/\b(?:src|href)="([^"]+)"/g)],
  ];
  return targets.map(([, target]) => target).filter((target) => !/^[a-z][a-z+.-]*:/i.test(target));
}

function leadsSomewhere(pages: Pages, page: string, link: string): boolean {
  const [path, anchor] = link.split('#');
  const target = path === '' ? page : posix.normalize(posix.join(posix.dirname(page), decodeURI(path)));
  const text = pages.get(target);
  if (text === undefined)
    return path.endsWith('/') && [...pages.keys()].some((file) => file.startsWith(target));
  return anchor === undefined || text === null || headings(text).includes(anchor);
}

/** The headings as GitHub names them in addresses. */
function headings(text: string): string[] {
  return [...text.matchAll(/^#+\s+(.*)$/gm)].map(([, heading]) =>
    heading
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
