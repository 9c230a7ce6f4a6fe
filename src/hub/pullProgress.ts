// What a pull tells while it runs. Every file of the model is begun and done; one that is at hand already is
// not downloaded in between.

/** A step of one file. */
export interface FileProgress {
  /** What happened to the file. */
  readonly status: 'initiate' | 'download' | 'progress' | 'done';
  /** The path in the repository. */
  readonly file: string;
  /** Per cent. */
  readonly progress: number;
  /** Bytes at hand. */
  readonly loaded: number;
  /** Bytes of the file. */
  readonly total: number;
}

/** Something that went otherwise than asked, and does not end the pull. */
export interface PullWarning {
  /** Says that it is a warning. */
  readonly status: 'warning';
  /** What went otherwise, for people. */
  readonly message: string;
}

/** What a pull tells while it runs. */
export type PullProgress = FileProgress | PullWarning;

/** Is told what happens. */
export type PullReport = (progress: PullProgress) => void;

/** A step of a file of `total` bytes; an empty file is complete from the start. */
export function fileProgress(
  status: FileProgress['status'],
  file: string,
  loaded: number,
  total: number,
): FileProgress {
  return { status, file, progress: total === 0 ? 100 : (100 * loaded) / total, loaded, total };
}
