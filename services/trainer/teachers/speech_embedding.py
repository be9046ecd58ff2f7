#!/usr/bin/env python3
"""Soft labels from Google's speech embedding: what a network that heard far more speech than we have says of the training clips.

The embedding (Lin et al., 2020, https://arxiv.org/abs/2002.01322; Apache-2.0) comes with the package openwakeword 0.4 as two ONNX files. It stays
as it is: small networks learn our labels on top of it. The speakers are dealt into folds, and the clips of a fold are judged by the network that
never heard its speakers, so that a wrong label is not learnt by heart.

    python3 -m venv teacher && teacher/bin/pip install numpy onnxruntime && teacher/bin/pip install --no-deps openwakeword==0.4.0
    teacher/bin/python services/trainer/teachers/speech_embedding.py --data DATA --out soft-labels.csv
    npm run trainer -- train --data DATA train.softLabels.file=soft-labels.csv train.softLabels.weight=0.5

Embeddings are kept in --cache and are not computed twice; some forty minutes of a core for 40,000 clips and two views, and as long for the networks.
"""

import argparse
import csv
import hashlib
import sys
import wave
import zlib
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

SAMPLE_RATE_HZ = 16_000
CLIP_SAMPLES = 16_000
PADDED_SAMPLES = 24_000
# Of the embedding: frames of the mel spectrogram that it sees, how far it moves, and how wide it is.
WINDOW_FRAMES, STRIDE_FRAMES, EMBEDDINGS, WIDTH = 76, 8, 9, 96
LOUDEST_50_MS_RMS = 3277  # of every clip, of 32,767
MAX_GAIN = 100
CLIPS_AT_ONCE = 32
CLIPS_A_FILE = 1024

HIDDEN_UNITS = 1024
BATCH = 256
LEARNING_RATE = 1.5e-3
WARM_UP_STEPS = 300
WEIGHT_DECAY = 0.02
DROPOUT = 0.5
FEATURE_NOISE = 0.2
LABEL_SMOOTHING = 0.1
UNKNOWN = "_unknown_"


@dataclass(frozen=True)
class Clip:
    """A clip by its path below the folder of data, and its label."""

    name: str
    label: str


def main() -> None:
    options = read_options()
    clips = training_clips(options.data, options.keywords)
    if not clips:
        sys.exit(f"no training clips of the keywords in {options.data}: name the folder that holds speech_commands/")
    labels = [*options.keywords, UNKNOWN]
    truth = np.array([labels.index(clip.label) for clip in clips])
    views = [embeddings_of_view(options, clips, view) for view in range(options.views)]
    mean, deviation = views[0].mean((0, 1)), views[0].std((0, 1)) + 1e-3
    views = [((view - mean) / deviation).reshape(len(view), -1) for view in views]
    fold_of = np.array([zlib.crc32(speaker_of(clip.name).encode()) % options.folds for clip in clips])
    posteriors = np.zeros((len(clips), len(labels)), np.float32)
    for fold in range(options.folds):
        held = np.flatnonzero(fold_of == fold)
        network = Network(views[0].shape[1], len(labels), seed=fold)
        network.learn(views, truth, rows=np.flatnonzero(fold_of != fold), epochs=options.epochs)
        posteriors[held] = np.mean([network.posteriors(view[held]) for view in views], axis=0)
        right = (posteriors[held].argmax(1) == truth[held]).mean()
        print(f"fold {fold + 1} of {options.folds}: {100 * right:.2f} % of {len(held)} clips of other speakers", file=sys.stderr, flush=True)
    write_rows(options.out, clips, labels, posteriors)
    print(options.out)


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds speech_commands/ and other sets")
    parser.add_argument("--out", type=Path, required=True, help="the CSV file")
    parser.add_argument("--keywords", nargs="+", default=KEYWORDS, help="labels; every other word is _unknown_ (default: those of `commands`)")
    parser.add_argument("--folds", type=int, default=4, help="of speakers (default: 4)")
    parser.add_argument("--views", type=int, default=2, help="1: clips as they are; each more: augmented another way (default: 2)")
    parser.add_argument("--epochs", type=int, default=35, help="of the small networks (default: 35)")
    parser.add_argument("--workers", type=int, default=2, help="processes that compute embeddings (default: 2)")
    parser.add_argument("--cache", type=Path, default=Path(".cache/speech-embedding"), help="where embeddings are kept")
    return parser.parse_args()


KEYWORDS = (
    "yes no up down left right on off stop go zero one two three four five eight bed bird cat happy backward forward".split()
)


def training_clips(data: Path, keywords: list[str]) -> list[Clip]:
    """Clips of every set with lists of splits, but those on the lists."""
    clips = []
    for lists in sorted(data.glob("*/validation_list.txt")):
        folder = lists.parent
        names = [folder / name for name in ("validation_list.txt", "testing_list.txt")]
        held_back = {line for path in names if path.exists() for line in path.read_text().split()}
        for path in sorted(folder.glob("[!_]*/*.wav")):
            word = path.parent.name
            if f"{word}/{path.name}" not in held_back:
                clips.append(Clip(path.relative_to(data).as_posix(), word if word in keywords else UNKNOWN))
    return clips


def speaker_of(name: str) -> str:
    return name.rsplit("/", 1)[-1].split("_", 1)[0].removesuffix(".wav")


def embeddings_of_view(options: argparse.Namespace, clips: list[Clip], view: int) -> np.ndarray:
    """`[clips, 9, 96]`; view 0 is the clips as they are."""
    noises = noise_files(options.data) if view else []
    jobs = []
    for first in range(0, len(clips), CLIPS_A_FILE):
        names = [clip.name for clip in clips[first : first + CLIPS_A_FILE]]
        digest = hashlib.sha256("\n".join([str(view), *names]).encode()).hexdigest()[:16]
        jobs.append((options.data, names, view, noises, options.cache / f"{digest}.npy"))
    options.cache.mkdir(parents=True, exist_ok=True)
    done = 0
    with ProcessPoolExecutor(options.workers) as pool:
        for count in pool.map(embed_file, jobs):
            done += count
            print(f"view {view + 1} of {options.views}: {done} of {len(clips)} clips", file=sys.stderr, flush=True)
    return np.concatenate([np.load(job[-1]) for job in jobs]).astype(np.float32)


def noise_files(data: Path) -> list[Path]:
    """Those that are all for training: some of `noise/` is held back."""
    return [path for path in sorted(data.glob("*/_background_noise_/*.wav")) if len(read_wav(path)) > PADDED_SAMPLES]


def embed_file(job: tuple[Path, list[str], int, list[Path], Path]) -> int:
    data, names, view, noises, out = job
    if not out.exists():
        embedder = Embedder()
        parts = []
        for first in range(0, len(names), CLIPS_AT_ONCE):
            some = names[first : first + CLIPS_AT_ONCE]
            parts.append(embedder.embed(np.stack([window_of(data, name, view, noises) for name in some])))
        part = out.with_suffix(".part.npy")
        np.save(part, np.concatenate(parts).astype(np.float16))
        part.rename(out)
    return len(names)


class Embedder:
    """The two networks of the package, on one thread."""

    def __init__(self) -> None:
        import onnxruntime

        package = find_spec("openwakeword")
        if package is None or package.origin is None:
            sys.exit("openwakeword is not installed: pip install --no-deps openwakeword==0.4.0")
        models = Path(package.origin).parent / "resources" / "models"
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.mel, self.embedding = (
            onnxruntime.InferenceSession(str(models / name), options) for name in ("melspectrogram.onnx", "embedding_model.onnx")
        )

    def embed(self, samples: np.ndarray) -> np.ndarray:
        """`[clips, 24000]` of 16-bit size → `[clips, 9, 96]`."""
        (mel,) = self.mel.run(None, {self.mel.get_inputs()[0].name: samples})
        mel = mel.reshape(len(samples), -1, 32) / 10 + 2  # as the package scales it
        windows = [mel[:, k * STRIDE_FRAMES : k * STRIDE_FRAMES + WINDOW_FRAMES] for k in range(EMBEDDINGS)]
        stacked = np.concatenate(windows)[..., None].astype(np.float32)
        (out,) = self.embedding.run(None, {self.embedding.get_inputs()[0].name: stacked})
        return out.reshape(EMBEDDINGS, len(samples), WIDTH).transpose(1, 0, 2)


def window_of(data: Path, name: str, view: int, noises: list[Path]) -> np.ndarray:
    """A clip in the middle of a second and a half, as loud as the others; augmented unless the view is 0."""
    random = np.random.default_rng([view, zlib.crc32(name.encode())])
    clip = read_wav(data / name)[:CLIP_SAMPLES]
    shift = 0
    if view:
        speed = random.uniform(0.86, 1.16)
        clip = np.interp(np.arange(0, len(clip) - 1, speed), np.arange(len(clip)), clip).astype(np.float32)
        shift = int(random.integers(-1500, 1500))
    window = np.zeros(PADDED_SAMPLES, np.float32)
    start = (PADDED_SAMPLES - len(clip)) // 2 + shift
    window[start : start + len(clip)] = clip
    if view and random.random() < 0.7:
        window += noise_under(window, random, noises)
    if view and random.random() < 0.5:
        window[1:] = window[1:] + random.uniform(-0.5, 0.5) * window[:-1]
    window *= min(LOUDEST_50_MS_RMS / loudest(window), MAX_GAIN)
    window += 2 * random.standard_normal(PADDED_SAMPLES).astype(np.float32)  # never digital silence
    return np.clip(window, -32_767, 32_767)


def noise_under(window: np.ndarray, random: np.random.Generator, noises: list[Path]) -> np.ndarray:
    is_recorded = noises and random.random() < 0.7
    noise = read_wav(noises[random.integers(len(noises))]) if is_recorded else random.standard_normal(PADDED_SAMPLES + 1).astype(np.float32)
    start = random.integers(len(noise) - PADDED_SAMPLES)
    noise = noise[start : start + PADDED_SAMPLES]
    level = np.sqrt(np.mean(noise**2)) + 1e-6
    return noise * (loudest(window) / level * 10 ** (-random.uniform(3, 30) / 20))


def loudest(samples: np.ndarray) -> float:
    """RMS of the loudest 50 ms."""
    energy = np.convolve(samples**2, np.full(800, 1 / 800), "same").max()
    return float(np.sqrt(max(energy, 1e-3)))


def read_wav(path: Path) -> np.ndarray:
    with wave.open(str(path)) as file:
        if file.getframerate() != SAMPLE_RATE_HZ or file.getnchannels() != 1 or file.getsampwidth() != 2:
            sys.exit(f"{path} is not 16-bit mono at {SAMPLE_RATE_HZ} Hz")
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32)


class Network:
    """Two hidden layers with dropout, learnt by AdamW on a cosine."""

    def __init__(self, inputs: int, outputs: int, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        sizes = [inputs, HIDDEN_UNITS, HIDDEN_UNITS, outputs]
        self.weights = []
        for rows, columns in zip(sizes, sizes[1:]):
            self.weights += [
                (self.random.standard_normal((rows, columns)) * np.sqrt(2 / rows)).astype(np.float32),
                np.zeros(columns, np.float32),
            ]

    def posteriors(self, inputs: np.ndarray) -> np.ndarray:
        return np.concatenate([softmax(self.forward(inputs[i : i + 4096], False)[0][-1]) for i in range(0, len(inputs), 4096)])

    def forward(self, inputs: np.ndarray, is_training: bool) -> tuple[list[np.ndarray], list[np.ndarray]]:
        layers, masks = [inputs], []
        for i in range(0, len(self.weights), 2):
            out = layers[-1] @ self.weights[i] + self.weights[i + 1]
            if i < len(self.weights) - 2:
                out = np.maximum(out, 0)
                if is_training:
                    masks.append((self.random.random(out.shape, dtype=np.float32) > DROPOUT) / np.float32(1 - DROPOUT))
                    out *= masks[-1]
            layers.append(out)
        return layers, masks

    def learn(self, views: list[np.ndarray], truth: np.ndarray, rows: np.ndarray, epochs: int) -> None:
        optimiser = AdamW(self.weights)
        batch = min(BATCH, max(1, len(rows) // 4))
        steps = epochs * (len(rows) // batch)
        warm_up = min(WARM_UP_STEPS, steps // 10 + 1)
        for _ in range(epochs):
            order = self.random.permutation(rows)
            for first in range(0, len(order) - batch + 1, batch):
                chosen = order[first : first + batch]
                view_of = self.random.integers(len(views), size=batch)
                inputs = np.empty((batch, views[0].shape[1]), np.float32)
                for k, view in enumerate(views):
                    inputs[view_of == k] = view[chosen[view_of == k]]
                inputs += FEATURE_NOISE * self.random.standard_normal(inputs.shape, dtype=np.float32)
                progress = optimiser.steps / steps
                rate = LEARNING_RATE * min(1, (optimiser.steps + 1) / warm_up) * (0.5 + 0.5 * np.cos(np.pi * progress))
                optimiser.step(self.gradients(inputs, truth[chosen]), rate)

    def gradients(self, inputs: np.ndarray, truth: np.ndarray) -> list[np.ndarray]:
        """Of the cross entropy with smoothed labels."""
        layers, masks = self.forward(inputs, True)
        error = softmax(layers[-1])
        error -= LABEL_SMOOTHING / error.shape[1]
        error[np.arange(len(truth)), truth] -= 1 - LABEL_SMOOTHING
        error /= len(truth)
        gradients: list[np.ndarray] = []
        for layer in reversed(range(len(layers) - 1)):
            gradients = [layers[layer].T @ error, error.sum(0), *gradients]
            if layer > 0:
                error = (error @ self.weights[2 * layer].T) * (layers[layer] > 0) * masks[layer - 1]
        return gradients


class AdamW:
    """Loshchilov and Hutter, 2019; matrices decay, offsets do not."""

    def __init__(self, weights: list[np.ndarray]) -> None:
        self.weights = weights
        self.first = [np.zeros_like(w) for w in weights]
        self.second = [np.zeros_like(w) for w in weights]
        self.steps = 0

    def step(self, gradients: list[np.ndarray], rate: float) -> None:
        self.steps += 1
        for weight, first, second, gradient in zip(self.weights, self.first, self.second, gradients):
            first += 0.1 * (gradient - first)
            second += 0.001 * (gradient**2 - second)
            update = first / (1 - 0.9**self.steps) / (np.sqrt(second / (1 - 0.999**self.steps)) + 1e-8)
            weight -= rate * (update + (WEIGHT_DECAY * weight if weight.ndim > 1 else 0))


def softmax(logits: np.ndarray) -> np.ndarray:
    exponentials = np.exp(logits - logits.max(1, keepdims=True))
    return exponentials / exponentials.sum(1, keepdims=True)


def write_rows(out: Path, clips: list[Clip], labels: list[str], posteriors: np.ndarray) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_suffix(".part")
    with part.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["clip", *labels])
        for clip, row in zip(clips, posteriors):
            writer.writerow([clip.name, *(f"{value:.5f}" for value in row)])
    part.rename(out)


if __name__ == "__main__":
    main()
