"""A redacted copy of copied and painted groups plays in a browser, and shows at its seams what FFmpeg shows."""

import base64
import io
from typing import Any

import av
import numpy as np
import pytest
from playwright.sync_api import Browser
from tests.media.redact_worlds import pictures
from tests.media.test_redacted_samples import GROUPS, Made, plain, redacted

_SEEN = """async ([data, times]) => {
    const video = document.createElement("video"), canvas = document.createElement("canvas"), seen = [];
    const bytes = Uint8Array.from(atob(data), (one) => one.charCodeAt(0));
    video.muted = true;
    video.src = URL.createObjectURL(new Blob([bytes], {type: "video/mp4"}));
    await new Promise((done, failed) => { video.onloadeddata = done; video.onerror = () => failed(video.error.message); });
    for (const time of times) {
        await new Promise((done) => { video.onseeked = done; video.currentTime = time; });
        canvas.width = video.videoWidth; canvas.height = video.videoHeight;
        canvas.getContext("2d").drawImage(video, 0, 0);
        seen.push(canvas.toDataURL("image/png").split(",")[1]);
    }
    video.currentTime = 0;
    video.playbackRate = 2;
    await video.play();
    await new Promise((done, failed) => { video.onended = done; video.onerror = () => failed(video.error.message); });
    return [seen, video.getVideoPlaybackQuality().corruptedVideoFrames];
}"""
SEAMS = (0, 9, 10, 11, 20, 29, 30, 31, 45, 59)


@pytest.fixture(scope="module")
def groups() -> Made:
    return redacted(plain(GROUPS), (500, 700), mutes=((900, 1100),))


def _grey(source: Any) -> Any:
    with av.open(source) as container:
        return next(container.decode(video=0)).to_ndarray(format="gray").astype(int)


def test_a_browser_shows_at_the_seams_what_ffmpeg_shows(chromium: Browser, groups: Made) -> None:
    page = chromium.new_page()
    times = [(number + 0.5) / 30 for number in SEAMS]
    seen, damaged = page.evaluate(_SEEN, [base64.b64encode(groups.copy).decode(), times])
    frames = [frame.to_ndarray(format="gray").astype(int) for frame in pictures(io.BytesIO(groups.copy))]
    page.close()
    assert damaged == 0
    for number, picture in zip(SEAMS, seen, strict=True):
        found = _grey(io.BytesIO(base64.b64decode(picture)))
        assert np.abs(found - frames[number]).mean() < 4
        other = frames[number + 1 if number < 59 else number - 1]
        assert np.abs(found - other).mean() > 12  # the next frame is another: the noise moves
