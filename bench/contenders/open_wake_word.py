"""openWakeWord on 80 ms chunks, one wake word, one thread: PCM in, scores out. Speaks the protocol of child.ts."""

import json
import math
import os
import resource
import sys
import time

import numpy as np
from openwakeword.model import Model

CHUNK_SAMPLES = 1280
EXTRA_MODELS = 4


def resident_bytes() -> int:
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize()


def cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def bundled(name: str) -> str:
    import openwakeword

    return os.path.join(os.path.dirname(openwakeword.__file__), "resources", "models", name)


def load() -> Model:
    return Model(wakeword_model_paths=[bundled("hey_marvin_v0.1.onnx")])


def chunks() -> list:
    i = np.arange(160_000)
    signal = 0.3 * np.abs(np.sin(i / 4000)) * np.sin(i * (0.05 + 0.1 * np.abs(np.sin(i / 9000))))
    pcm = (32_767 * signal).astype(np.int16)
    return [pcm[start : start + CHUNK_SAMPLES] for start in range(0, len(pcm) - CHUNK_SAMPLES + 1, CHUNK_SAMPLES)]


def say(message: dict) -> None:
    print(json.dumps(message), flush=True)


def main() -> None:
    audio = chunks()
    model = load()
    for chunk in audio[:50]:
        model.predict(chunk)
    before = resident_bytes()
    more = [load() for _ in range(EXTRA_MODELS)]
    for other in more:
        for chunk in audio[:20]:
            other.predict(chunk)
    say({"bytesPerSession": math.ceil((resident_bytes() - before) / EXTRA_MODELS)})
    del more
    following = 0
    for line in sys.stdin:
        seconds = float(line.split()[1]) / 1000
        units = 0
        started, cpu = time.perf_counter(), cpu_seconds()
        while time.perf_counter() - started < seconds:
            model.predict(audio[following % len(audio)])
            following += 1
            units += 1
        say(
            {
                "cpuMicros": 1e6 * (cpu_seconds() - cpu) / units,
                "wallMicros": 1e6 * (time.perf_counter() - started) / units,
                "units": units,
            }
        )


main()
