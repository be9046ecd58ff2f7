"""Streams a WAV file (16-bit PCM) in real time, as a microphone would, and prints the keywords as they are heard:

    pip install websockets
    python3 examples/stream_wav.py FILE.wav [ws://127.0.0.1:8080] [TOKEN]
"""

import asyncio
import json
import sys
import wave

from websockets.asyncio.client import connect

CHUNK_SECONDS = 0.1


async def speak(socket, recording):
    frames = round(recording.getframerate() * CHUNK_SECONDS)
    while chunk := recording.readframes(frames):
        await socket.send(chunk)
        await asyncio.sleep(CHUNK_SECONDS)
    await socket.send(json.dumps({"type": "stop"}))


async def main(path, server="ws://127.0.0.1:8080", token=None):
    with wave.open(path, "rb") as recording:
        if recording.getsampwidth() != 2:
            raise SystemExit(f"{path} is no 16-bit recording")
        start = {
            "type": "start",
            "sampleRate": recording.getframerate(),
            "encoding": "pcm_s16le",
            "channels": recording.getnchannels(),
        }
        if token is not None:
            start["token"] = token
        async with connect(f"{server}/v1/stream", subprotocols=["kws.v1"], max_size=2**20) as socket:
            await socket.send(json.dumps(start))
            speaking = asyncio.create_task(speak(socket, recording))
            async for text in socket:  # until the service closes, after "end"
                message = json.loads(text)
                if message["type"] == "keyword":
                    print(f"{message['endMs'] / 1000:.2f} s  {message['keyword']}  {message['score']:.2f}", flush=True)
                elif message["type"] in ("warning", "error"):
                    print(f"{message['code']}: {message['message']}", file=sys.stderr)
            await speaking


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
