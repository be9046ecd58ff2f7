"""Writes librosa.json: features of clip.wav as librosa, NumPy and SciPy compute them, in double precision.

    python -m venv VENV && VENV/bin/pip install -r tests/golden/requirements.txt
    VENV/bin/python tests/golden/make_librosa_golden.py

Every case holds the `FeatureConfig` (shared/features/feature-config.ts) that should give the same numbers.
"""

import json
import platform
import wave
from pathlib import Path

import librosa
import numpy as np
import scipy
from scipy.fft import dct

HERE = Path(__file__).parent
DECIMALS = 6
AMIN = 1e-10

DEFAULT = {
    "kind": "mfcc",
    "sampleRateHz": 16000,
    "frameSamples": 512,
    "hopSamples": 160,
    "windowFunction": "hann_periodic",
    "inputScale": 32768,
    "spectrum": "power",
    "melBands": 40,
    "filterbank": {"scale": "htk", "area": "none", "edges": "exact", "lowHz": 20, "highHz": 7600},
    "logarithm": "log1p",
    "dct": "orthonormal",
    "coefficients": 40,
}
SLANEY = {"scale": "slaney", "area": "slaney", "edges": "exact", "lowHz": 0, "highHz": 8000}

CASES = {
    "the features of our models": DEFAULT,
    "log-mel bands, without a DCT": {**DEFAULT, "dct": "none"},
    "magnitude, natural logarithm, unscaled DCT, symmetric window": {
        **DEFAULT,
        "spectrum": "magnitude",
        "logarithm": "log",
        "dct": "unscaled",
        "windowFunction": "hann_symmetric",
        "coefficients": 20,
    },
    "librosa's own defaults: slaney bands, decibels": {
        **DEFAULT,
        "inputScale": 1,
        "filterbank": SLANEY,
        "melBands": 128,
        "logarithm": "db",
        "coefficients": 20,
    },
}


def read_clip() -> np.ndarray:
    with wave.open(str(HERE / "clip.wav")) as file:
        return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2") / 32768.0


def mel_spectrogram(samples: np.ndarray, config: dict) -> np.ndarray:
    """[bands, frames]"""
    size = config["frameSamples"]
    spectrum = librosa.stft(
        samples * config["inputScale"],
        n_fft=size,
        hop_length=config["hopSamples"],
        window=scipy.signal.get_window("hann", size, fftbins=config["windowFunction"] == "hann_periodic"),
        center=False,
        dtype=np.complex128,
    )
    bank = config["filterbank"]
    filters = librosa.filters.mel(
        sr=config["sampleRateHz"],
        n_fft=size,
        n_mels=config["melBands"],
        fmin=bank["lowHz"],
        fmax=bank["highHz"],
        htk=bank["scale"] == "htk",
        norm="slaney" if bank["area"] == "slaney" else None,
        dtype=np.float64,
    )
    return filters @ np.abs(spectrum) ** (2 if config["spectrum"] == "power" else 1)


def compress(mel: np.ndarray, logarithm: str) -> np.ndarray:
    if logarithm == "log1p":
        return np.log1p(mel)
    if logarithm == "log":
        return np.log(np.maximum(mel, AMIN))
    return librosa.power_to_db(mel, ref=1.0, amin=AMIN, top_db=None)


def features(samples: np.ndarray, config: dict) -> np.ndarray:
    """[frames, coefficients]"""
    log_mel = compress(mel_spectrogram(samples, config), config["logarithm"])
    if config["dct"] == "none":
        return log_mel.T
    norm = "ortho" if config["dct"] == "orthonormal" else None
    return dct(log_mel, type=2, axis=0, norm=norm)[: config["coefficients"]].T


def check_against_librosa_mfcc(samples: np.ndarray) -> None:
    """Our composition of librosa's parts is what `librosa.feature.mfcc` composes, but for its whole-clip `top_db`."""
    config = CASES["librosa's own defaults: slaney bands, decibels"]
    power = librosa.feature.melspectrogram(y=samples, sr=16000, n_fft=512, hop_length=160, center=False)
    whole = librosa.feature.mfcc(S=librosa.power_to_db(power, top_db=None), n_mfcc=20)
    np.testing.assert_allclose(features(samples, config), whole.T, atol=1e-3)


def main() -> None:
    samples = read_clip()
    check_against_librosa_mfcc(samples)
    golden = {
        "madeBy": "tests/golden/make_librosa_golden.py",
        "versions": {
            "python": platform.python_version(),
            "librosa": librosa.__version__,
            "numpy": np.__version__,
            "scipy": scipy.__version__,
        },
        "cases": [
            {"title": title, "features": config, "frames": np.round(features(samples, config), DECIMALS).tolist()}
            for title, config in CASES.items()
        ],
    }
    (HERE / "librosa.json").write_text(json.dumps(golden, separators=(",", ":")).replace("},{", "},\n{") + "\n")


main()
