"""How Chromium is started: everything through the guard, nothing of its own chatter."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from cases.settings import DESKTOP_BROWSER

VIEWPORT = (1280, 900)  # CSS pixels
LAUNCH_S = 60.0

# Playwright passes a list of its own, and of two the last one counts: so ours holds its names too.
_FEATURES_OFF = (
    *("AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades"),
    *("HttpsFirstBalancedModeAutoEnable", "LensOverlay", "MediaRouter", "PaintHolding"),
    *("ThirdPartyStoragePartitioning", "AvoidCorsURLLoaderRestartOnRedirect"),
    *("OptimizationHints", "NetworkTimeServiceQuerying", "AimEnabled", "PreconnectToSearch"),
    *("OptimizationGuideModelDownloading", "InterestFeedContentSuggestions", "Translate"),
    *("CertificateTransparencyComponentUpdater", "SafeBrowsing", "AsyncDns", "DnsOverHttps"),
    # The guard decides which addresses are private; a browser's own check would ask a person.
    *("LocalNetworkAccessChecks", "LocalNetworkAccessChecksWebRTC"),
    *("BlockInsecurePrivateNetworkRequests", "PrivateNetworkAccessSendPreflights"),
)
_QUIET = (
    "--no-pings",
    # Chromium 156 asks its maker for component updates and signed-in accounts all the same. A port
    # that its network stack refuses, and a scheme that it does not fetch, end that before a socket.
    "--component-updater=url-source=data:text/plain,",
    "--gaia-url=https://blocked.invalid:1/",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-client-side-phishing-detection",
    "--disable-default-apps",
    "--disable-sync",
    "--disable-breakpad",
    "--dns-prefetch-disable",
    "--no-first-run",
    "--no-default-browser-check",
    "--safebrowsing-disable-auto-update",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--mute-audio",
    "--hide-scrollbars",
    "--lang=en-GB",
)


def flags(guard_port: int, user_agent: str, *, as_root: bool | None = None) -> list[str]:
    """The command line after the program.

    `<-loopback>` takes loopback and link-local addresses off the list of what goes round any
    proxy: without it Chromium reaches 127.0.0.1 and 169.254.169.254 past the guard. Names are
    resolved by the guard alone. The sandbox is kept but for root, who has none.
    """
    root = os.geteuid() == 0 if as_root is None else as_root
    return [
        f"--proxy-server=socks5://127.0.0.1:{guard_port}",
        "--proxy-bypass-list=<-loopback>",
        "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
        f"--user-agent={user_agent}",
        f"--disable-features={','.join(_FEATURES_OFF)}",
        *_QUIET,
        *(["--no-sandbox"] if root else []),
    ]


def browser_version(program: Path) -> str:
    """The version that the program says it is, "156.0.8078.79"; "not measured" where it says none.

    It is asked with an empty environment of settings, and only prints.
    """
    try:
        said = subprocess.run(  # noqa: S603 - the program is the one that will be run
            [str(program), "--version"], capture_output=True, text=True, timeout=20, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return "not measured"
    found = re.search(r"\d+(?:\.\d+){1,3}", said)
    return found[0] if found else "not measured"


def user_agent(version: str, chosen: str) -> str:
    """What the browser calls itself: the setting's words where they were chosen, else its own.

    Headless Chromium would say HeadlessChrome, which many sites turn away: the ordinary name of
    the same version is said in its place.
    """
    if chosen and chosen != DESKTOP_BROWSER:
        return chosen
    major = version.partition(".")[0]
    shown = major if major.isdigit() else "142"
    return (
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
        f"Chrome/{shown}.0.0.0 Safari/537.36"
    )
