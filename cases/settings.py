"""The vault's settings, `lantern.toml`: one typed model with defaults that work.

An unknown key is an error that names the nearest known one: a misspelt setting that is silently
ignored would one day be a way out that nobody chose.
"""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

import tomlkit
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from cases.errors import MachineError, UsageError

VAULT_FORMAT = 1
DESKTOP_BROWSER = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Safari/537.36"
)


class SettingsError(UsageError):
    """`lantern.toml` says something that cannot be (exit code 2)."""

    kind = "settings"


class NewerVault(MachineError):
    """The vault was made by a newer version of this program."""

    kind = "newer-vault"


class Section(BaseModel):
    """A table of `lantern.toml`: typed, frozen, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class VaultSection(Section):
    """What this vault is. Written once by `init`."""

    id: str
    format: int = VAULT_FORMAT
    volume_encrypted: Literal["yes", "no", "not measured"] = "not measured"


class DatabaseSection(Section):
    """Where the catalogue is: a SQLAlchemy address, or empty for `catalogue.db` in the vault."""

    url: str = ""


class EgressSection(Section):
    """The way out: `direct`, `socks5://host:port`, `tor` or `http://host:port`; empty refuses all
    collection.
    """

    way_out: str = ""


class CollectSection(Section):
    """How collection behaves where the command does not say."""

    user_agent: str = DESKTOP_BROWSER
    delay_s: Annotated[float, Field(ge=0, le=3600)] = 1.0
    max_pages: Annotated[int, Field(ge=1)] = 200
    timeout_s: Annotated[float, Field(gt=0)] = 180.0
    parse_limit_bytes: Annotated[int, Field(ge=1024)] = 8 * 2**20
    evidence_limit_bytes: Annotated[int, Field(ge=1024)] = 2 * 2**30
    browser: str = ""  # the program; empty looks on the path
    settle_s: Annotated[float, Field(gt=0, le=600)] = 30.0  # how long a page may load, by browser


class EnrichSection(Section):
    """Which language model finds names: `lantern` (ours) or the name of an installed spaCy
    package; and whether words are read in pictures (some 0.3 s each).
    """

    model: str = "lantern"
    ocr: bool = True


class SearchSection(Section):
    """Where captures are searched: an index in the vault, or an Elasticsearch cluster at `address`.

    `ca_file` is a PEM file where its certificate is of a CA of one's own. The API key is never
    written here: it is in the environment (LANTERN_ELASTICSEARCH_API_KEY) or in `api_key_file`.
    Every name on the cluster begins with `index_prefix` and the vault's id.
    """

    engine: Literal["embedded", "elasticsearch"] = "embedded"
    address: str = ""
    ca_file: str = ""
    api_key_file: str = ""
    index_prefix: Annotated[str, Field(pattern="^[a-z][a-z0-9_-]{0,60}$")] = "lantern"

    @model_validator(mode="after")
    def _reachable_safely(self) -> Self:
        """The whole text of every page goes there: in the clear only within this machine."""
        if self.engine == "embedded":
            return self
        try:
            place = urlsplit(self.address)
            host, _ = place.hostname, place.port
        except ValueError:
            host = None
        if not host or place.scheme not in ("http", "https"):
            raise ValueError('name the cluster: address = "https://search.example.test:9200"')
        if "@" in place.netloc:
            raise ValueError("address holds a password: use an API key (api_key_file)")
        if place.scheme == "http" and host not in ("localhost", "127.0.0.1", "::1"):
            raise ValueError("address must begin with https:// (http:// is for this machine only)")
        return self


class WatchSection(Section):
    """Where alerts are told of, beside the desk: an address on this machine, or on a host that
    `allowed_hosts` names (then https). It is told ids and counts, never what was collected.
    """

    webhook: str = ""
    allowed_hosts: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _stays_at_home(self) -> Self:
        """Whom it tells is written down twice, so that a slip of the pen tells nobody."""
        if not self.webhook:
            return self
        if not self.webhook.isascii() or not self.webhook.isprintable() or " " in self.webhook:
            raise ValueError("webhook is no web address: write it in ASCII, without spaces")
        try:
            place = urlsplit(self.webhook)
            host, _ = place.hostname, place.port
        except ValueError:
            host = None
        if not host or place.scheme not in ("http", "https") or "@" in place.netloc:
            raise ValueError('webhook is a plain address: "http://127.0.0.1:9000/alerts"')
        if host in ("localhost", "127.0.0.1", "::1"):
            return self
        if host not in self.allowed_hosts:
            raise ValueError(f'name the host too: allowed_hosts = ["{host}"]')
        if place.scheme != "https":
            raise ValueError("webhook must begin with https:// (http:// is for this machine only)")
        return self


class DefaultsSection(Section):
    """Who acts, and on which case, where neither the command nor the environment says."""

    operator: str = ""
    case: str = ""


class TemplateSection(Section):
    """Words that an authority of a common kind starts from, so that nobody types them forty
    times.
    """

    type: str = "research"
    purpose: str
    necessity: str
    proportionality: str
    days: Annotated[int, Field(ge=1, le=366)] = 28


RESEARCH_TEMPLATE = TemplateSection(
    type="research",
    purpose="Open-source research for a policing purpose",
    necessity="The question cannot be answered from information already held",
    proportionality="Pages open to anyone, visited once, by the least intrusive means that answers",
)


class Settings(Section):
    """All of `lantern.toml`."""

    vault: VaultSection
    database: DatabaseSection = DatabaseSection()
    egress: EgressSection = EgressSection()
    collect: CollectSection = CollectSection()
    enrich: EnrichSection = EnrichSection()
    search: SearchSection = SearchSection()
    watch: WatchSection = WatchSection()
    defaults: DefaultsSection = DefaultsSection()
    templates: dict[str, TemplateSection] = {"research": RESEARCH_TEMPLATE}


def read_settings(path: Path) -> Settings:
    """The settings in the file at `path`.

    Raises `SettingsError` for what is not TOML, an unknown key or a wrong value; `NewerVault` for a
    vault of a later format.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise SettingsError(f"{path} is not TOML: {fault}. Mend the line, or restore it.") from None
    except OSError as fault:
        raise SettingsError(
            f"{path} cannot be read: {fault.strerror}. Check its permissions."
        ) from None
    stated = table.get("vault", {})
    version = stated.get("format", VAULT_FORMAT) if isinstance(stated, dict) else VAULT_FORMAT
    if isinstance(version, int) and version > VAULT_FORMAT:
        raise NewerVault(
            f"The vault at {path.parent} has format {version}; this program knows up to "
            f"{VAULT_FORMAT}. Open it with the newer version that made it; nothing was changed."
        )
    try:
        return Settings.model_validate(table)
    except ValidationError as fault:
        raise SettingsError(_first_fault(path, fault)) from None


def _first_fault(path: Path, fault: ValidationError) -> str:
    first = fault.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] != "extra_forbidden":
        return f"{path}: {where}: {first['msg']}."
    near = difflib.get_close_matches(str(first["loc"][-1]), _known_keys(), n=1, cutoff=0.5)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return f"{path}: there is no setting {where!r}.{hint}"


def _known_keys() -> list[str]:
    keys = list(Settings.model_fields)
    for field in Settings.model_fields.values():
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section):
            keys += list(field.annotation.model_fields)
    return keys


def write_settings(path: Path, settings: Settings) -> None:
    """Write a new `lantern.toml` with its comments. The file must not exist."""
    document = tomlkit.document()
    document.add(tomlkit.comment("Dark Lantern vault. Settings left out have their defaults."))
    for name, section in settings.model_dump(exclude_defaults=True).items():
        table = tomlkit.table()
        for key, value in section.items():
            table.add(key, value)
        document.add(name, table)
    with path.open("x", encoding="utf-8") as out:
        out.write(tomlkit.dumps(document))


def change_setting(path: Path, section: str, key: str, value: str) -> Settings:
    """Set one key, keeping the file's other lines and comments as they are; the new settings.

    The new text is validated before it replaces the old.
    """
    document = tomlkit.parse(path.read_text(encoding="utf-8"))
    table = document.setdefault(section, tomlkit.table())
    table[key] = value
    fresh = path.with_suffix(".toml.new")
    fresh.write_text(tomlkit.dumps(document), encoding="utf-8")
    try:
        settings = read_settings(fresh)
    except SettingsError:
        fresh.unlink()
        raise
    fresh.replace(path)
    return settings
