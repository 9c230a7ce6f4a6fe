// The texts of an experiment: files, and the .txt files of folders in the order of their names.
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { readTextFile, TreekvError } from '../../core/index.ts';
import type { Document } from '../../evaluation/index.ts';

/** A file and what results call it. */
export interface TextFile {
  readonly name: string;
  readonly file: string;
}

/**
 * The files that the paths name, under their file names, or, where two are the same, under their paths as given.
 * Throws FILE_NOT_FOUND for a folder without a .txt file.
 */
export async function listTextFiles(paths: readonly string[]): Promise<TextFile[]> {
  const lists = await Promise.all(
    paths.map(async (path) => {
      // what does not exist is named by whoever opens it
      const isFolder = await stat(path).then(
        (found) => found.isDirectory(),
        () => false,
      );
      if (!isFolder) return [path];
      const names = (await readdir(path)).filter((name) => name.endsWith('.txt')).sort();
      if (names.length > 0) return names.map((name) => join(path, name));
      const message = `The folder ${path} has no .txt file. Name the files one by one.`;
      throw new TreekvError('FILE_NOT_FOUND', message, { folder: path });
    }),
  );
  const files = lists.flat();
  const names = files.map((file) => basename(file));
  return files.map((file, i) => {
    const unique = names.indexOf(names[i]) === names.lastIndexOf(names[i]);
    return { name: unique ? names[i] : file, file };
  });
}

/** The texts of the files that the paths name. Throws FILE_NOT_FOUND, BAD_FILE or EMPTY_INPUT. */
export async function readDocuments(paths: readonly string[]): Promise<Document[]> {
  const files = await listTextFiles(paths);
  return Promise.all(
    files.map(async ({ name, file }) => {
      const text = await readTextFile(file);
      if (text === '') {
        throw new TreekvError('EMPTY_INPUT', `${file} is empty: there is no token to score.`, { file });
      }
      return { name, text };
    }),
  );
}
