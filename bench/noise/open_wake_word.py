"""openWakeWord hears whole streams: reads the path of a file of 16-bit samples at 16 kHz a line, answers with a score for each 80 ms."""

import json
import os
import sys

import numpy as np
import openwakeword
from openwakeword.model import Model

CHUNK_SAMPLES = 1280


def main() -> None:
    word = sys.argv[1]
    path = os.path.join(os.path.dirname(openwakeword.__file__), "resources", "models", f"{word}_v0.1.onnx")
    for line in sys.stdin:
        model = Model(wakeword_model_paths=[path])  # nothing is left of the stream before
        pcm = np.fromfile(line.strip(), dtype=np.int16)
        starts = range(0, len(pcm) - CHUNK_SAMPLES + 1, CHUNK_SAMPLES)
        scores = [float(next(iter(model.predict(pcm[start : start + CHUNK_SAMPLES]).values()))) for start in starts]
        print(json.dumps(scores), flush=True)


main()
