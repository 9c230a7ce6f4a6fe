// Makes models/books-27m-4k from the trained checkpoint: `npm run make:model [FOLDER]`. The packed file is the
// same byte for byte wherever it is made (a test makes it again and compares).
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { packModel } from '../src/model/index.ts';

const source = process.argv[2] ?? '../shared/models/books-27m-4k';
const target = 'models/books-27m-4k';

await mkdir(target, { recursive: true });
await packModel(source, 'q8', join(target, 'model.safetensors'));
for (const file of [
  'config.json',
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'training.json',
]) {
  await copyFile(join(source, file), join(target, file));
}
console.log(`packed ${source} into ${target}`);
