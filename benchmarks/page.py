"""What a respondent waits for: the page on a slow phone, and its bytes beside the peers'.

    python -m benchmarks.page

A real server and Chromium. Times are the browser's own (Largest Contentful Paint, the opener's
text), over a connection like WebPageTest's "3G": 1.6 Mbit/s down, 768 kbit/s up, 300 ms round trip,
on a phone's window with the processor slowed 4 times. Peers' sizes were measured once, from their
published packages (gzip -9); nothing is downloaded here.
"""

import gzip
import shutil
import statistics
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from tests.browser.conftest import PHONE, Site
from tests.fakes import services_in

ROUNDS = 5
SLOWER = 4  # times, the processor
THREE_G = {
    "offline": False,
    "latency": 300,  # ms
    "downloadThroughput": 1_600_000 / 8,  # bytes a second
    "uploadThroughput": 768_000 / 8,
}
PEERS = {  # kB, gzip -9, of the published packages
    "deep-chat 2.4.2": 110.6,
    "typebot-js 0.10.7": 196.0,
    "n8n-chat 1.37": 462.0,
    "chainlit copilot 2.12": 2496.0,
}
OURS = {
    "widget's loader": ("widget.js",),
    "widget's app": ("chat.js", "theme.js", "chat.css"),
}
STATIC = Path(__file__).parent.parent / "interviewer" / "web" / "static"
TIMES = """() => new Promise((done) => new PerformanceObserver((list) => {
  const [page] = performance.getEntriesByType("navigation");
  const last = list.getEntries().at(-1);
  done({ largest: last.startTime, text: last.element?.textContent,
         answered: page.responseEnd, ready: page.domContentLoadedEventEnd });
}).observe({ type: "largest-contentful-paint", buffered: true }))"""


def opened(browser: Browser, url: str) -> dict[str, Any]:
    """One visit with nothing cached: its times in ms, its bytes as they came, its requests."""
    context = browser.new_context(viewport=PHONE)  # type: ignore[arg-type]
    page = context.new_page()
    wire = context.new_cdp_session(page)
    sizes: list[float] = []
    wire.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    wire.send("Network.enable")
    wire.send("Network.emulateNetworkConditions", THREE_G)
    wire.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.goto(url, wait_until="networkidle")
    times: dict[str, Any] = page.evaluate(TIMES)
    context.close()
    return {**times, "bytes": sum(sizes), "requests": len(sizes)}


def main() -> None:
    """Print the medians of some visits, and the sizes."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        site = Site(services_in(Path(folder)))
        site.start()
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        visits = [opened(browser, site.link()) for _ in range(ROUNDS)]
        browser.close()
        site.stop()
    for name in ("answered", "largest", "ready"):
        print(f"{name:10} {statistics.median(v[name] for v in visits):6.0f} ms")
    print(f"the largest paint is the opener: {'Hello' in str(visits[0]['text'])}")
    print(f"{visits[0]['requests']} requests, {visits[0]['bytes'] / 1000:.1f} kB over the wire")
    app = 0.0
    for name, files in OURS.items():
        packed = sum(len(gzip.compress((STATIC / file).read_bytes(), 9)) for file in files) / 1000
        app += packed
        print(f"{name:22} {packed:7.1f} kB")
    for name, size in PEERS.items():
        print(f"{name:22} {size:7.1f} kB, {size / app:.0f} times loader and app")


if __name__ == "__main__":
    main()
