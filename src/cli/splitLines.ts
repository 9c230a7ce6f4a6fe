// Bytes to lines as they come, each decoded by itself: a line that is not UTF-8 is an error that names it, and
// not a text with holes.
import { decodeUtf8 } from '../core/index.ts';

const NEWLINE = 0x0a;

/** The lines without their ends; the last one may lack its own. Throws BAD_FILE. @param name for errors. */
export async function* splitLines(
  source: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<string, void, undefined> {
  let number = 0;
  // Of the line that has not ended yet.
  let parts: Uint8Array[] = [];
  const line = (): string => {
    number++;
    const text = decodeUtf8(Buffer.concat(parts), `${name}, line ${number},`);
    parts = [];
    return text.endsWith('\r') ? text.slice(0, -1) : text;
  };
  for await (const bytes of source) {
    let from = 0;
    for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, from)) {
      parts.push(bytes.subarray(from, at));
      yield line();
      from = at + 1;
    }
    if (from < bytes.length) parts.push(bytes.subarray(from));
  }
  if (parts.length > 0) yield line();
}
