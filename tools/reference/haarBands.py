"""Writes test/fixtures/haarBands.json: what PyWavelets makes of signals of even and odd lengths with the wavelet
`haar` and its default mode 'symmetric': the detail coefficients of each level, and each band, which is the signal
rebuilt from that level's details alone. Needs `pip install PyWavelets numpy`; run from the repository root:

    python tools/reference/haarBands.py

Of a signal of odd length PyWavelets rebuilds one number too many; the last one is cut off here.
"""

import json
import warnings
from pathlib import Path

import numpy
import pywt

ROOT = Path(__file__).resolve().parents[2]
CASES = [(512, 5), (500, 5), (64, 6), (33, 5), (31, 5), (33, 1), (7, 3), (6, 2), (5, 4), (3, 2), (2, 1), (1, 1), (1, 3)]


def bands(signal: numpy.ndarray, levels: int) -> tuple[list, list]:
    """Details and bands, finest level first."""
    with warnings.catch_warnings():
        # more levels than the length has room for are meant
        warnings.simplefilter("ignore", UserWarning)
        coarse, *details = pywt.wavedec(signal, "haar", level=levels)
    rebuilt = []
    for kept in range(levels):
        alone = [d if i == kept else numpy.zeros_like(d) for i, d in enumerate(details)]
        band = pywt.waverec([numpy.zeros_like(coarse), *alone], "haar")
        rebuilt.append(band[: len(signal)].tolist())
    return [d.tolist() for d in reversed(details)], list(reversed(rebuilt))


def main() -> None:
    random = numpy.random.default_rng(5)
    cases = []
    for length, levels in CASES:
        # multiples of 1/64: exact and short
        signal = random.integers(-256, 257, length) / 64
        details, rebuilt = bands(signal, levels)
        cases.append({"signal": signal.tolist(), "details": details, "bands": rebuilt})
    fixture = {
        "madeBy": f"tools/reference/haarBands.py with PyWavelets {pywt.__version__}, numpy {numpy.__version__}",
        "cases": cases,
    }
    text = json.dumps(fixture, separators=(",", ":")).replace('{"signal"', '\n{"signal"')
    (ROOT / "test/fixtures/haarBands.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
