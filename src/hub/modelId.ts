// What a user may write for a model on a hub, taken apart: `org/name`, `org/name@revision`,
// `org/name/file.gguf`, `org/name:Q8_0`, each also with `hf:` in front. Names end in paths and addresses, so
// what could leave a folder is refused here. Whether such a model exists is the hub's to say.
import { TreekvError } from '../core/index.ts';

/** A model on a hub. */
export interface ModelId {
  /** `org/name` */
  readonly repository: string;
  /** A branch, a tag or a commit; undefined leaves it to the caller. */
  readonly revision?: string;
  /** One file of the repository, ending in `.gguf`. */
  readonly file?: string;
  /** A word in the name of the one .gguf file meant, such as `Q8_0`. */
  readonly quant?: string;
}

/** The branch meant when nobody names a revision. */
export const defaultRevision = 'main';

/** Takes an id apart. Throws BAD_OPTION, saying what is wrong with it. */
export function parseModelId(text: string): ModelId {
  const [address, ...revisions] = text.replace(/^hf:/, '').split('@');
  if (revisions.length > 1) throw bad(text, 'it has more than one @');
  const [path, ...quants] = address.split(':');
  if (quants.length > 1) throw bad(text, 'it has more than one colon');
  const [organisation, name, ...rest] = path.split('/');
  if (name === undefined) throw bad(text, 'it has no slash');
  for (const part of [organisation, name]) {
    const wrong = faultOfName(part);
    if (wrong !== undefined) throw bad(text, wrong);
  }
  const [file, quant, revision] = [rest.length > 0 ? rest.join('/') : undefined, quants[0], revisions[0]];
  if (file !== undefined && (!isSafePath(file) || !/\.gguf$/i.test(file))) {
    throw bad(text, `'${file}' is not the path of a .gguf file`);
  }
  if (quant !== undefined && file !== undefined) throw bad(text, 'it names both a file and a quantisation');
  if (quant !== undefined && !/^[\w.-]+$/.test(quant)) throw bad(text, `'${quant}' is no quantisation`);
  if (revision !== undefined) requireRevision(revision);
  return {
    repository: `${organisation}/${name}`,
    ...(revision !== undefined && { revision }),
    ...(file !== undefined && { file }),
    ...(quant !== undefined && { quant }),
  };
}

/** The revision that an id and an option name together. Throws BAD_OPTION if they differ. */
export function revisionOf(id: ModelId, option: string | undefined): string {
  if (option === undefined) return id.revision ?? defaultRevision;
  requireRevision(option);
  if (id.revision === undefined || id.revision === option) return option;
  throw new TreekvError(
    'BAD_OPTION',
    `The model is named with revision '${id.revision}', the option 'revision' says '${option}'; give one.`,
    { model: id.revision, option },
  );
}

/** Whether a revision is a whole commit hash, which never comes to mean something else. */
export function isCommit(revision: string): boolean {
  return /^[0-9a-f]{40}$/.test(revision);
}

/** Whether a path of a repository stays inside the folder that it is put in, on any platform. */
export function isSafePath(path: string): boolean {
  return (
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
    !/[\\:\x00-\x1f\x7f]/.test(path) &&
    path.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..')
  );
}

/** What git allows as the name of a branch or tag, less what would be a path of its own. */
function requireRevision(revision: string): void {
  const sound =
    isSafePath(revision) &&
    !/[\s~^?*[]|@\{/.test(revision) &&
    revision.split('/').every((segment) => !/^[.-]|\.lock$|\.$|\.\./.test(segment));
  if (sound) return;
  throw new TreekvError(
    'BAD_OPTION',
    `'${revision}' is no revision; give a branch, a tag or a commit, such as ${defaultRevision}.`,
    { revision },
  );
}

function faultOfName(part: string): string | undefined {
  if (!/^[\w.-]{1,96}$/.test(part)) {
    return `'${part}' is no name: letters, digits, '-', '_' and '.', at most 96 of them`;
  }
  if (/^[.-]|[.-]$/.test(part)) return `'${part}' begins or ends with '.' or '-'`;
  if (/--|\.\.|\.git$/.test(part)) return `'${part}' has '--', '..' or '.git' at its end`;
  return undefined;
}

function bad(id: string, why: string): TreekvError {
  const message = `'${id}' is no model of a hub, since ${why}. Write org/name, org/name@revision or org/name/file.gguf.`;
  return new TreekvError('BAD_OPTION', message, { id });
}
