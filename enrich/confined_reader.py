"""Reads documents in a confined process: a page that breaks its parser costs that page alone."""

from __future__ import annotations

from enrich.confined_worker import Closing, ConfinedWorker, Standing, WorkerLost
from enrich.documents import MAX_BYTES, BodyRead, SourceDocument, Texts
from enrich.errors import ReaderUnusable
from enrich.packing import unpacked_read

ITEM_S = 240.0  # by the clock; the limit of processor time (`reading_child.CPU_S`) comes sooner
MOST_ANSWER = 256 << 20
UNREADABLE = "unreadable"


class ConfinedReader(Closing):
    """One reading process, started when needed, replaced when it dies. Not for two threads."""

    def __init__(self, *, item_s: float = ITEM_S) -> None:
        self._worker = ConfinedWorker("enrich.reading_child", item_s=item_s, most_bytes=MOST_ANSWER)

    def read(self, document: SourceDocument) -> BodyRead:
        """What the document says; of kind "unreadable", with a note, where reading it failed.

        Raises `ReaderUnusable` where no process can be started.
        """
        head: dict[str, object] = {
            "media_type": document.media_type,
            "charset": document.charset,
            "url": document.url,
            "captured": document.captured.isoformat() if document.captured else None,
        }
        try:
            facts, answer = self._worker.ask(head, document.body[:MAX_BYTES])
        except WorkerLost as lost:
            return _unreadable("it took too long" if lost.slow else "the parser died of it")
        except OSError as fault:
            raise ReaderUnusable(
                f"Documents cannot be read: the process for it did not start ({fault}). "
                "Check with: lantern doctor"
            ) from fault
        if "fault" in facts:
            return _unreadable(str(facts["fault"])[:200])
        try:
            return unpacked_read(answer)
        except (ValueError, TypeError, KeyError, AttributeError):
            self.close()  # what answers in another shape than ours is not asked again
            return _unreadable("its parser gave no answer of ours")

    @property
    def confined(self) -> str:
        """How the process is confined: "seccomp", or why by limits alone."""
        return self._worker.confined

    def close(self) -> None:
        """End the process."""
        self._worker.close()


shared_reader = Standing(ConfinedReader, 2).one  # one that stands ready, or a new one


def _unreadable(why: str) -> BodyRead:
    return BodyRead(UNREADABLE, None, UNREADABLE, Texts("", notes=(f"not read: {why}",)))
