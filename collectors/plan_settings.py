"""What a plan means in Scrapy's own settings. Pure."""

from __future__ import annotations

from typing import Any

from collectors.plan import AT_ONCE, CollectionPlan


def settings_for(plan: CollectionPlan) -> dict[str, Any]:
    """The settings that differ from job to job; the others stand in `collectors.settings`."""
    return {
        "USER_AGENT": plan.user_agent,
        "DEFAULT_REQUEST_HEADERS": {
            "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "Accept-Language": plan.accept_language,
        },
        "DOWNLOAD_DELAY": plan.delay_s,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 1 if plan.delay_s else AT_ONCE,
        "DOWNLOAD_MAXSIZE": plan.limits.reader_bytes,  # of a decoded body: the bomb limit
        "REDIRECT_MAX_TIMES": plan.limits.hops,
    }
