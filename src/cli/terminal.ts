// The only door to the terminal: answers go to stdout, everything else to stderr. It decides nothing about
// wording or layout.

/** Writes a part of the answer. */
export function answer(text: string): void {
  process.stdout.write(text);
}

/** Writes one JSON document as the whole answer. */
export function answerJson(value: unknown): void {
  answer(`${JSON.stringify(value, null, 2)}\n`);
}

/** Writes what is not the answer: notes, progress, errors. */
export function note(text: string): void {
  process.stderr.write(text);
}

/** Whether bars and tables may be redrawn on stderr: a person watches, and no machine reads. */
export function canRedraw(json: boolean): boolean {
  return process.stderr.isTTY === true && !json && !process.env.CI;
}

/** Columns of the terminal. */
export function terminalWidth(): number {
  return process.stderr.columns ?? 80;
}
