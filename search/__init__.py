"""Search: one query language, one document shape, engines that give the same answers.

Text is analysed once, in this room; `parse_query` gives a typed tree or one `QueryError`; an
`Engine` indexes `SearchDocument`s and answers a tree within a `Scope` (the cases that the caller
may see: there is no search without one); `snippet` shows where in the stored text it was found.
The index is disposable: `open_engine` raises `IndexNeedsRebuild` for one that is missing, damaged
or made by another version, `check_index` reads it whole, and `rebuild_engine` makes it anew from
documents.
"""

from search.analysis import ANALYSIS_VERSION
from search.document import CONFIDENTIAL, QUARANTINE, WITHHELD_KINDS, Identifier, SearchDocument
from search.engine import (
    Engine,
    Facet,
    FacetAsk,
    Faceting,
    Hit,
    Key,
    Results,
    Scope,
    Sort,
    Unit,
)
from search.errors import (
    DocumentsRefused,
    EngineUnavailable,
    IndexBusy,
    IndexNeedsRebuild,
    IndexUnwritable,
    QueryError,
    SearchIndexError,
)
from search.explaining import Explanation, LeafReading, explain, read_as
from search.folder import check_index, open_engine, rebuild_engine
from search.memory_engine import MemoryEngine
from search.parser import parse_query
from search.snippets import SNIPPET_CHARACTERS, Snippet, snippet
from search.tree import Tree, query_text

__all__ = [
    "ANALYSIS_VERSION",
    "CONFIDENTIAL",
    "QUARANTINE",
    "SNIPPET_CHARACTERS",
    "WITHHELD_KINDS",
    "DocumentsRefused",
    "Engine",
    "EngineUnavailable",
    "Explanation",
    "Facet",
    "FacetAsk",
    "Faceting",
    "Hit",
    "Identifier",
    "IndexBusy",
    "IndexNeedsRebuild",
    "IndexUnwritable",
    "Key",
    "LeafReading",
    "MemoryEngine",
    "QueryError",
    "Results",
    "Scope",
    "SearchDocument",
    "SearchIndexError",
    "Snippet",
    "Sort",
    "Tree",
    "Unit",
    "check_index",
    "explain",
    "open_engine",
    "parse_query",
    "query_text",
    "read_as",
    "rebuild_engine",
    "snippet",
]
