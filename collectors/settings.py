"""The Scrapy project's settings: what is the same in every job. `plan_settings` has the rest."""

from __future__ import annotations

BOT_NAME = "darklantern"
SPIDER_MODULES = ["collectors.spiders"]
NEWSPIDER_MODULE = "collectors.spiders"

TWISTED_REACTOR = "twisted.internet.asyncioreactor.AsyncioSelectorReactor"
# Names are resolved by the egress guard, or by the way out: never here.
TWISTED_DNS_RESOLVER = "collectors.no_names.NoNames"

DOWNLOADER = "collectors.downloader.BoundedDownloader"
EXTENSIONS = {"collectors.custody.Custody": -100}
DOWNLOAD_HANDLERS = {
    "http": "collectors.wire.handler.WireHandler",
    "https": "collectors.wire.handler.WireHandler",
    "data": None,
    "file": None,
    "ftp": None,
    "s3": None,
}
DOWNLOADER_MIDDLEWARES = {
    "collectors.middlewares.seal.SealMiddleware": 10,
    "collectors.middlewares.robots.RobotsMiddleware": 100,
    "collectors.middlewares.decoding.DecodingMiddleware": 590,
    "collectors.middlewares.hops.HopMiddleware": 600,
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
    "scrapy.downloadermiddlewares.redirect.RedirectMiddleware": None,
    "scrapy.downloadermiddlewares.redirect.MetaRefreshMiddleware": None,
}

# A failure of the connection is tried once more; a status never: the server has answered.
RETRY_TIMES = 1
RETRY_HTTP_CODES: list[int] = []
RETRY_EXCEPTIONS = ["collectors.wire.handler.ConnectionFailed"]
RETRY_GIVE_UP_LOG_LEVEL = "INFO"

# What must not happen behind the record's back.
HTTPPROXY_ENABLED = False  # HTTP_PROXY and its kin would lead round the guard
HTTPCACHE_ENABLED = False
METAREFRESH_ENABLED = False
AUTOTHROTTLE_ENABLED = False
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False
MEMUSAGE_ENABLED = False
DOWNLOADER_STATS = False

COOKIES_ENABLED = True  # one jar for each job
CONCURRENT_REQUESTS = 64  # visits that wait for their seal count, so more than are on the wire
DOWNLOAD_DELAY_JITTER = 0  # a delay asked for is a delay kept
DOWNLOAD_WARNSIZE = 0
SCHEDULER_MEMORY_QUEUE = "scrapy.squeues.FifoMemoryQueue"  # breadth first
SCHEDULER_DISK_QUEUE = "scrapy.squeues.PickleFifoDiskQueue"
DEPTH_PRIORITY = 1
CONCURRENT_ITEMS = 1  # Scrapy starts as many tasks for each page: at its 100, a tenth of our time

LOG_LEVEL = "ERROR"
STATS_DUMP = False
LOGSTATS_INTERVAL = 0
