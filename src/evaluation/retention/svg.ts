// The little that hand-made pictures share: their colours and frame, and numbers and words as SVG spells them.

/** Colours of this project's pictures. */
export const ink = {
  kept: '#1f5f4a',
  ground: '#f1efe9',
  left: '#b3402e',
  scope: '#f3d7a2',
  quiet: '#6b6862',
};

/** Lengths of a picture. */
export interface PictureFrame {
  readonly width: number;
  readonly height: number;
  /** What the picture shows, for those who hear it read. */
  readonly title: string;
}

/** A whole picture around its parts, one a line. */
export function picture({ width, height, title }: PictureFrame, parts: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${number(width)} ${number(height)}" font-family="system-ui, sans-serif" font-size="15" fill="#2b2a27">
<title>${words(title)}</title>
<style>.small{font-size:12px;fill:${ink.quiet}}</style>
<rect width="100%" height="100%" rx="10" fill="#fffdf8"/>
${parts.join('\n')}
</svg>
`;
}

/** A heading and the quiet line below it. */
export function heading(left: number, top: number, title: string, subtitle: string): string[] {
  return [
    `<text x="${number(left)}" y="${number(top)}" font-size="16" font-weight="600">${words(title)}</text>`,
    `<text x="${number(left)}" y="${number(top + 19)}" class="small">${words(subtitle)}</text>`,
  ];
}

// Widths of a letter in ems, a little more than those of common sans-serif fonts.
const LETTER = 0.55;
const BOLD_LETTER = 0.6;

/** Pixels that a heading takes at most, as far as that can be known without the font. */
export function headingWidth(title: string, subtitle: string): number {
  return Math.ceil(Math.max(16 * BOLD_LETTER * title.length, 12 * LETTER * subtitle.length));
}

/** A small text that is centred over x. */
export function smallText(x: number, y: number, text: string | number): string {
  return `<text x="${number(x)}" y="${number(y)}" text-anchor="middle" class="small">${words(String(text))}</text>`;
}

/** To a hundredth. */
export function number(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** Escapes what XML would read as its own. */
export function words(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
