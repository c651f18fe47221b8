"""More like this: the words that tell a text from the others, as an ordinary query. Pure.

Nothing is known here of any index: how many documents hold a word comes in as a function, asked
within the searcher's scope, so that the words chosen tell nothing of what may not be seen.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from typing import Final

from search.analysis import forms
from search.tree import Or, Phrase, Tree

LOOKED_AT_CHARACTERS: Final = 500_000  # of a text
CANDIDATES: Final = 60  # the most frequent words that may be weighed: each costs a count
CHOSEN: Final = 12
SHORTEST: Final = 4  # letters: shorter ones are function words, mostly
EVERYWHERE: Final = 0.5  # a word that more of the documents hold tells little


def likeness(text: str, holding: Callable[[Tree], int], documents: int) -> Tree | None:
    """The query for texts like this one: its words by frequency times rarity; None of no words.

    `holding` says how many documents a tree finds, `documents` how many there are. Words that no
    other document holds are left out, for they find nothing; those that half of them hold too, but
    where there are no others: copies of one page.
    """
    exact, _ = forms(text[:LOOKED_AT_CHARACTERS])
    counted = Counter(word for word in exact if len(word) >= SHORTEST and word.isalpha())
    # Frequent words first, longer ones where they tie; then as they are spelled.
    frequent = sorted(counted.items(), key=lambda each: (-each[1], -len(each[0]), each[0]))
    weighed = []
    common = []
    for word, times in frequent[:CANDIDATES]:
        leaf = Phrase(word)
        held = holding(leaf)
        if held > max(documents * EVERYWHERE, 2):
            common.append(leaf)
        elif held >= 2:
            weighed.append((-math.log1p(times) * math.log(documents / held), word, leaf))
    chosen = [leaf for _, _, leaf in sorted(weighed, key=lambda each: each[:2])[:CHOSEN]]
    chosen = chosen or common[:CHOSEN]
    if not chosen:
        return None
    return Or(tuple(chosen)) if len(chosen) > 1 else chosen[0]
