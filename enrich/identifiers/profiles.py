"""People's pages on platforms, and invitations into groups, by the platforms' own address forms.

A profile's value is "platform:name", an invitation's "platform:code". Names are in small letters
where the platform does not tell them apart by case.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from enrich.documents import Identifier
from enrich.identifiers.names import refanged


@dataclass(frozen=True, slots=True)
class Platform:
    """A platform's hosts, the path before a name, the form of a name, names that are its own."""

    name: str
    hosts: tuple[str, ...]
    path: str
    reserved: str = ""
    cased: bool = False


_SHARED_WORDS = (
    "about account accounts ads advertise api app apps auth blog business careers contact cookies "
    "developers directory discover download en explore featured features help home hashtag i "
    "index intent jobs legal login logout messages news notifications oauth pages policies "
    "policy press privacy register search security settings share shop signup site sitemap "
    "static status store support tag tags terms tos topics topic trending web widgets www"
)
_SHARED = frozenset(_SHARED_WORDS.split())

PLATFORMS = (
    Platform("x", ("x.com", "twitter.com"), r"@?(?P<name>\w{1,15})",
             "compose who_to_follow hashtag"),
    Platform(
        "facebook",
        ("facebook.com", "fb.com", "fb.me"),
        r"(?:people/[^/]{1,80}/(?P<id>\d{5,20})|profile\.php\?(?:[^#]*&)?id=(?P<number>\d{5,20})"
        r"|(?:pg/)?(?P<name>[A-Za-z0-9][A-Za-z0-9.]{3,49}))",
        "sharer sharer.php share.php groups events watch photo photo.php photos story.php "
        "permalink.php plugins dialog marketplace hashtag l.php people profile.php public reel "
        "reels stories video videos media tr gaming groups login.php notes posts messages "
        "home.php 2008 business docs legal policies",
    ),
    Platform(
        "instagram",
        ("instagram.com", "instagr.am"),
        r"@?(?P<name>[A-Za-z0-9_][A-Za-z0-9_.]{0,29})",
        "p reel reels stories tv direct explore accounts",
    ),
    Platform("tiktok", ("tiktok.com",), r"@(?P<name>[A-Za-z0-9_][A-Za-z0-9_.]{1,23})"),
    Platform(
        "youtube",
        ("youtube.com",),
        r"(?:channel/(?P<id>UC[\w-]{22})|(?:@|c/|user/)(?P<name>[\w.-]{1,60}))",
    ),
    Platform("telegram", ("telegram.me", "t.me", "telegram.dog"),
             r"(?:s/)?(?P<name>[A-Za-z]\w{3,31})",
             "joinchat addstickers share proxy socks setlanguage addlist addemoji iv bg login"),
    Platform("vk", ("vk.com", "vkontakte.ru"), r"(?P<name>[A-Za-z][A-Za-z0-9_.]{2,31})",
             "feed share.php im video audio photo wall dev video_ext.php away.php groups app"),
    Platform("reddit", ("reddit.com",), r"(?:u|user)/(?P<name>[\w-]{3,20})"),
    Platform(
        "github",
        ("github.com",),
        r"(?P<name>[A-Za-z0-9](?:[A-Za-z0-9-]{0,37}[A-Za-z0-9])?)",
        "features marketplace orgs sponsors topics trending collections enterprise pricing "
        "customer-stories readme organizations users stars pulls issues new gist notifications",
    ),
    Platform("linkedin", ("linkedin.com",), r"in/(?P<name>[\w%-]{3,100})"),
    Platform("snapchat", ("snapchat.com",), r"(?:add/|@)(?P<name>[A-Za-z][\w.-]{1,14}[A-Za-z0-9])"),
    Platform("threads", ("threads.net", "threads.com"),
             r"@(?P<name>[A-Za-z0-9_][A-Za-z0-9_.]{0,29})"),
    Platform("bluesky", ("bsky.app",),
             r"profile/(?P<name>did:[a-z]+:[\w.:-]+|[\w-]+(?:\.[\w-]+)+)"),
    Platform("discord", ("discord.com", "discordapp.com"), r"users/(?P<id>\d{17,20})"),
    Platform("steam", ("steamcommunity.com",),
             r"(?:profiles/(?P<id>7656\d{13})|id/(?P<name>[\w-]{2,32}))"),
    Platform("twitch", ("twitch.tv",), r"(?P<name>[A-Za-z0-9]\w{3,24})",
             "directory videos p downloads jobs turbo products subscriptions embed"),
    Platform("pinterest", ("pinterest.com", "pinterest.co.uk"), r"(?P<name>\w{3,30})",
             "pin ideas today"),
    Platform("tumblr", ("tumblr.com",), r"(?:blog/)?(?P<name>[A-Za-z0-9][A-Za-z0-9-]{0,31})",
             "dashboard tagged reblog"),
    Platform("soundcloud", ("soundcloud.com",), r"(?P<name>[a-z0-9][\w-]{2,24})",
             "stream upload you charts"),
    Platform("onlyfans", ("onlyfans.com",), r"(?P<name>[A-Za-z0-9][\w.-]{2,23})"),
    Platform("cashapp", ("cash.app",), r"\$(?P<name>[A-Za-z]\w{0,19})"),
    Platform("paypal", ("paypal.me", "paypal.com/paypalme"), r"(?P<name>[A-Za-z0-9]{1,20})"),
    Platform("patreon", ("patreon.com",), r"(?:c/)?(?P<name>\w{3,64})", "posts join m"),
    Platform("keybase", ("keybase.io",), r"(?P<name>[a-z0-9_]{2,16})"),
    Platform("whatsapp", ("wa.me",), r"(?P<id>\d{8,15})"),
    Platform("medium", ("medium.com",), r"@(?P<name>[\w.-]{1,50})"),
)  # fmt: skip
_ADDRESS = (
    r"(?i)https?://(?:(?:www|m|mobile|web|old|new|touch|[a-z]{{2}}(?:-[a-z]{{2}})?)\.)?{hosts}/"
)
_END = (
    r"/?(?:[?#].*|/(?:with_replies|media|likes|about|videos|featured|posts|live|streams|shorts)"
    r"/?(?:[?#].*)?)?$"
)


def _compiled(platform: Platform) -> re.Pattern[str]:
    hosts = "|".join(map(re.escape, platform.hosts))
    return re.compile(_ADDRESS.format(hosts=f"(?:{hosts})") + platform.path + _END, re.ASCII)


_FORMS = tuple((platform, _compiled(platform)) for platform in PLATFORMS)
_NAMES = {platform.name: platform for platform in PLATFORMS} | {"mastodon": None}
_OTHER_NAMES = {"twitter": "x", "fb": "facebook", "ig": "instagram", "insta": "instagram",
                "yt": "youtube", "tg": "telegram", "bsky": "bluesky"}  # fmt: skip
_STEAM_HOST = re.compile(
    r"(?i)https?://([a-z0-9][a-z0-9-]{0,37})\.(tumblr|livejournal)\.com(?:/|$)"
)
# a name after an "@" on any other host is the fediverse's form; these use it for something else
_FEDIVERSE = re.compile(
    r"(?i)https?://(?P<host>(?:[\w-]+\.)+[a-z]{2,24})/@(?P<name>\w{1,30})/?(?:\?.*|#.*)?$"
)
_FEDIVERSE_HOST = re.compile(
    r"(?i)(?:^|\.)(?:mastodon|mstdn|mas\.to|social|fosstodon|hachyderm|infosec\.exchange|kolektiva"
    r"|c\.im|chaos\.social|pawoo|misskey|pleroma|fedi)|\.social$"
)

_INVITES = (
    ("telegram", re.compile(r"(?i:https?://(?:t|telegram)\.(?:me|dog)/(?:joinchat/|\+))([\w-]{10,40})/?(?:[?#].*)?$")),
    ("telegram", re.compile(r"(?i:tg://join\?invite=)([\w-]{10,40})$")),
    ("telegram-list", re.compile(r"(?i:https?://t\.me/addlist/)([\w-]{8,40})/?$")),
    ("discord", re.compile(
        r"(?i:https?://(?:www\.)?(?:discord\.gg|discord(?:app)?\.com/invite|dsc\.gg))/([A-Za-z0-9-]{2,32})/?(?:[?#].*)?$")),
    ("whatsapp", re.compile(r"(?i:https?://chat\.whatsapp\.com/(?:invite/)?)([A-Za-z0-9]{18,26})/?(?:[?#].*)?$")),
    ("signal", re.compile(r"(?i:https?://signal\.group/)#([\w+/=-]{30,120})$")),
    ("matrix", re.compile(r"(?i:https?://matrix\.to/#/)([#!][\w.-]{1,64}:[\w.-]{3,100})(?:\?.*)?$")),
)  # fmt: skip
_TG_LINK = re.compile(
    r"(?i)(?<!\w)tg://(?:join\?invite=[\w-]{10,40}|resolve\?domain=[a-z]\w{3,31})(?![\w-])"
)
_SAID = re.compile(
    r"(?i)(?<![\w@/.])(?P<platform>twitter|x|instagram|insta|ig|tiktok|snapchat|snap|telegram|threads"
    r"|youtube|twitch|github|reddit|facebook|fb|keybase)(?: handle| username| account| name| id)?"
    r"\s?(?::|=|is)\s?(?P<handle>@[A-Za-z0-9_][\w.]{1,29}\w|u/[\w-]{3,20})(?![\w@])", re.ASCII
)  # fmt: skip
_VALUE = re.compile(r"(?P<platform>[a-z-]{1,20}):(?P<name>[^\s/]{1,120})")


def find_profiles(text: str) -> Iterator[Identifier]:
    """Profiles said in words ("Instagram: @jo") and Telegram's own links."""
    for kind, pattern in (("profile", _SAID), ("profile", _TG_LINK), ("invite", _TG_LINK)):
        form = profile_form if kind == "profile" else invite_form
        for found in pattern.finditer(text):
            if value := form(found.group()):
                yield Identifier(
                    kind, value, found.start(), found.end(), found.group(), validity="form"
                )


def profiles_in_url(url: Identifier) -> Iterator[Identifier]:
    """The profile or the invitation that an address is, at the place of the address."""
    for kind, form in (("invite", invite_form), ("profile", profile_form)):
        if value := form(url.value):
            yield Identifier(kind, value, url.start, url.end, url.original, validity="form")
            return


def profile_form(written: str) -> str | None:
    """ "platform:name" of an address of a profile, of words that say one, or of that itself."""
    if said := _SAID.fullmatch(written):
        return profile_form(f"{said['platform'].lower()}:{said['handle']}")
    if written.lower().startswith("tg://resolve?domain="):
        return f"telegram:{written.partition('=')[2].lower()}"
    if "://" not in written:
        return _from_value(written)
    for platform, pattern in _FORMS:
        if found := pattern.match(written):
            return _named(platform, found)
    found = _FEDIVERSE.match(written)
    if found and _FEDIVERSE_HOST.search(found["host"]):
        return f"mastodon:{found['name']}@{found['host']}".lower()
    return None


def _from_value(written: str) -> str | None:
    found = _VALUE.fullmatch(refanged(written))
    if not found:
        return None
    name = found["name"].removeprefix("u/").lstrip("@")
    platform = "snapchat" if found["platform"] == "snap" else found["platform"]
    platform = _OTHER_NAMES.get(platform, platform)
    if platform not in _NAMES or not name:
        return None
    kept = platform == "youtube" and name.startswith("UC") and len(name) == 24
    return f"{platform}:{name if kept else name.lower()}"


def _named(platform: Platform, found: re.Match[str]) -> str | None:
    parts = found.groupdict()
    if number := parts.get("id") or parts.get("number"):
        return f"{platform.name}:{number}"
    name = (parts.get("name") or "").lower().rstrip(".")
    if not name or name in _SHARED or name in platform.reserved.split():
        return None
    if name.endswith((".php", ".html", ".htm", ".aspx", ".js", ".css", ".png", ".jpg")):
        return None
    return f"{platform.name}:{name}"


def invite_form(written: str) -> str | None:
    """ "platform:code" of an invitation's address or of that itself; codes keep their case."""
    for platform, pattern in _INVITES:
        if found := pattern.match(written):
            return f"{platform}:{found[1]}"
    found = _VALUE.fullmatch(written)
    known = found and found["platform"] in {platform for platform, _ in _INVITES}
    return written if known else None
