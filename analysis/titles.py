"""Names of themes without a language model: the phrase that stands closest to what was said.

Candidates are phrases of one to three words that end in a noun, that several texts of a theme hold
and that are rare elsewhere (c-TF-IDF). With an encoder they are ranked by nearness to the theme,
away from what all themes share (KeyBERT-like, contrastive), and by how many texts hold them.
Phrases of the same stems count once, whatever their order. No name, day or number is a title; what
is a noun or a name, the texts themselves show, because no word list knows a study's own words.
Where a theme is one of those that people speak of in this trade, it has that name: `topics`.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.feature_extraction.text import CountVectorizer

from analysis.embed import Encoder, Vectors
from analysis.prepare import MASK_WORDS
from analysis.proper_names import read_letters
from analysis.redact import GIVEN_NAMES
from analysis.title_words import BEFORE_NOUNS, FUNCTION_WORDS, INNER, NEGATIONS, WEAK
from analysis.topics import topics_of

CANDIDATES = 40
COMMON = 0.08  # share of a theme's texts that hold a phrase, for it to be a title
WEIGHT = 0.3  # of the share of texts, beside the cosine
NOUN = 0.3  # share of a word's uses behind an article that makes it a noun
WORDS = 5  # phrases beside the title
APART = 3  # phrases of the subtitle
CONTRAST = 0.7  # share of the mean of all texts that is taken off a theme's own mean
LONGEST = 60  # characters
PART = 0.5  # share of the uses of a phrase within a longer one that makes it a part of that
OPENING = 6  # words of a text that stand for a theme without a phrase
UNNAMED = "Unnamed"

_PART = re.compile(r"[.!?,;:()\[\]{}<>\"“”|/\\\n]+")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_SUFFIX = re.compile(r"(?:ings?|ies|ied|ed|es|ers?|ly|y|s|e)$")


class Title(NamedTuple):
    """What a theme is called."""

    title: str
    words: tuple[str, ...]  # telling phrases beside it, in lower case
    subtitle: str = ""  # phrases that the theme nearest to it does not have


class _Words(NamedTuple):
    """What the texts show of their words, in lower case."""

    names: frozenset[str]
    nouns: frozenset[str]
    capitals: frozenset[str]  # nouns that are written with a capital letter
    plain: frozenset[str]  # written in lower case somewhere


def titles(
    texts: Sequence[str],
    labels: NDArray[np.int64],
    vectors: Vectors,
    centroids: Vectors,
    encoder: Encoder | None = None,
) -> tuple[Title, ...]:
    """A name for each theme, no two alike, out of words of letters only.

    Args:
        texts: n masked texts.
        labels: (n,), the row of `centroids` that each text belongs to, or -1.
        vectors: float32, (n, dim), rows of length 1.
        centroids: float32, (n_themes, dim), rows of length 1.
        encoder: Of the same space; without it phrases are ranked by their frequency alone.
    """
    if not len(centroids):
        return ()
    known = _read(texts)
    found = _candidates(texts, labels, len(centroids), known)
    common = vectors[labels >= 0].mean(axis=0)
    siblings = _siblings(centroids)
    best = _ranked(found, centroids - CONTRAST * common, encoder)
    apart = _ranked(found, centroids - centroids[siblings], encoder)
    topics = topics_of(vectors, labels, len(centroids), encoder) if encoder else {}
    taken = [_stems(topic) for topic in topics.values()]
    result: list[Title] = []
    for theme, phrases in enumerate(best):
        rows = np.flatnonzero(labels == theme)
        nearest = rows[np.argsort(-(vectors[rows] @ centroids[theme]), kind="stable")]
        title = topics.get(theme) or _title(phrases, taken, known)
        title = title or _opening((texts[int(row)] for row in nearest), known)
        taken.append(_stems(title))
        words = _distinct([title, *phrases])[1 : WORDS + 1]
        result.append(Title(title[:1].upper() + title[1:], tuple(words)))
    return tuple(
        name._replace(subtitle=_subtitle(name, apart[theme], result[siblings[theme]]))
        if len(result) > 1
        else name
        for theme, name in enumerate(result)
    )


def _title(phrases: Sequence[str], taken: Sequence[frozenset[str]], known: _Words) -> str | None:
    """The best phrase that no other theme has, one that ends in a noun before others.

    A single word has a second one beside it.
    """
    free = [phrase for phrase in phrases if _stems(phrase) not in taken]
    free.sort(key=lambda phrase: _stem(phrase.split()[-1].casefold()) not in known.nouns)
    if not free or " " in free[0]:
        return next(iter(free), None)
    beside = next((p for p in _distinct(free)[1:] if " " not in p), None)
    return f"{free[0]}, {beside}" if beside else free[0]


def _siblings(centroids: Vectors) -> list[int]:
    """The theme nearest to each; a single one is its own."""
    near = centroids @ centroids.T
    if len(centroids) > 1:
        np.fill_diagonal(near, -np.inf)
    return [int(k) for k in near.argmax(axis=1)]


def _subtitle(own: Title, phrases: Sequence[str], sibling: Title) -> str:
    """Phrases of this theme that its nearest neighbor does not have."""
    theirs = [_stems(phrase) for phrase in (sibling.title, *sibling.words)]
    free = [p for p in _distinct([own.title, *phrases])[1:] if _stems(p) not in theirs]
    return ", ".join(free[:APART])


def _read(texts: Sequence[str]) -> _Words:
    """Names by their capital letters; nouns by them, or by what stands before and behind."""
    letters = read_letters(texts)
    uses: Counter[str] = Counter()
    behind: Counter[str] = Counter()
    for part in (part for text in texts for part in _parts(text)):
        words = [_stem(word) for word in part]
        uses.update(words)
        start = 0
        for end in range(len(part) + 1):
            if end == len(part) or part[end] in FUNCTION_WORDS:
                # an article and at most two words up to the next function word: the last is a noun
                if start and part[start - 1] in BEFORE_NOUNS and 0 < end - start <= 2:
                    behind[words[end - 1]] += 1
                start = end + 1
    nouns = frozenset(word for word, times in behind.items() if times >= NOUN * uses[word])
    nouns |= set(map(_stem, letters.nouns))
    plain = {word for text in texts for word in _WORD.findall(text) if word.islower()}
    names = letters.names | GIVEN_NAMES | MASK_WORDS
    return _Words(names, nouns, letters.nouns, frozenset(plain) | letters.nouns)


def _candidates(
    texts: Sequence[str], labels: NDArray[np.int64], n_themes: int, known: _Words
) -> list[dict[str, float]]:
    """Each theme's phrases by c-TF-IDF, best first, with the share of its texts that hold them.

    In a theme of four texts or more a phrase stands in two: what one person alone says may be a
    name that masking has missed.
    """
    counter = CountVectorizer(analyzer=lambda text: _phrases(text, known), binary=True)
    try:
        counts = counter.fit_transform(texts)
    except ValueError:  # no text holds a phrase
        return [{} for _ in range(n_themes)]
    phrases = counter.get_feature_names_out()
    rows = np.flatnonzero(labels >= 0)
    member = csr_array((np.ones(len(rows)), (labels[rows], rows)), shape=(n_themes, len(texts)))
    frequency = csr_array(member @ counts)
    rarity = frequency.sum(axis=1).mean() / np.maximum(frequency.sum(axis=0), 1)
    sizes = np.bincount(labels[rows], minlength=n_themes)
    found = []
    for theme in range(n_themes):
        row = frequency[[theme]].tocoo()
        enough = row.data >= (max(2, COMMON * sizes[theme]) if sizes[theme] >= 4 else 1)
        enough[enough] = _whole(phrases[row.col[enough]], row.data[enough])
        columns = row.col[enough]
        words = np.array([phrase.count(" ") + 1 for phrase in phrases[columns]])
        score = row.data[enough] * np.log1p(rarity[columns]) * np.sqrt(words)
        best = np.lexsort((phrases[columns], -score))[:CANDIDATES]
        found.append(
            {
                str(phrases[column]): float(times / sizes[theme])
                for column, times in zip(columns[best], row.data[enough][best], strict=True)
            }
        )
    return found


def _whole(phrases: Sequence[str], counts: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which phrases are no mere part: "worst customer" is, where mostly "service" follows it."""
    count = dict(zip(phrases, counts, strict=True))
    part: set[str] = set()
    for longer, times in count.items():
        words = longer.split()
        inside = {" ".join(words[:-1]), " ".join(words[1:])} if len(words) > 2 else set()
        part |= {p for p in inside if " " in p and times >= PART * count.get(p, np.inf)}
    return np.array([phrase not in part for phrase in phrases], dtype=bool)


def _ranked(
    candidates: Sequence[dict[str, float]], axes: Vectors, encoder: Encoder | None
) -> list[list[str]]:
    """Each theme's phrases by how far they lie along its axis, (n_themes, dim), and their share."""
    phrases = sorted({phrase for listed in candidates for phrase in listed})
    if encoder is None or not phrases:
        return [list(listed) for listed in candidates]
    row = dict(zip(phrases, encoder(phrases), strict=True))
    return [
        sorted(
            listed,
            key=lambda p: (-round(float(row[p] @ axis) + WEIGHT * listed[p] ** 0.5, 6), p),
        )
        for listed, axis in zip(candidates, axes, strict=True)
    ]


def _parts(text: str) -> Iterator[list[str]]:
    """The words between two marks, in lower case."""
    for part in _PART.split(text.replace("’", "'").casefold()):
        yield _WORD.findall(part)


def _phrases(text: str, known: _Words) -> Iterator[str]:
    """Runs of one to three words that say something by themselves."""
    for words in _parts(text):
        for start, first in enumerate(words):
            if first in FUNCTION_WORDS or first in known.names:
                continue
            for end in range(start + 1, min(start + 3, len(words)) + 1):
                phrase = words[start:end]
                if known.names.intersection(phrase):
                    break
                if _is_name(phrase, known) and 2 < len(" ".join(phrase)) <= LONGEST:
                    yield " ".join(w.capitalize() if w in known.capitals else w for w in phrase)


def _is_name(phrase: Sequence[str], known: _Words) -> bool:
    """Whether the words could name a theme: "proof of delivery", not "order your food"."""
    last = phrase[-1]
    if last in FUNCTION_WORDS or last in NEGATIONS:
        return False
    if _stem(last) not in known.nouns and (len(phrase) == 1 or last in WEAK):
        return False
    if any(word in FUNCTION_WORDS and word not in INNER for word in phrase[1:-1]):
        return False
    return any(word not in WEAK and word not in FUNCTION_WORDS for word in phrase)


def _opening(texts: Iterable[str], known: _Words) -> str:
    """The first words of the first text that can name nobody, as a quote."""
    for text in texts:
        words = _WORD.findall(text)[:OPENING]
        if words and not any(_may_name(word, known) for word in words):
            cut = " ".join(words)[:LONGEST]
            more = "…" if len(_WORD.findall(text)) > OPENING else ""
            return f"“{cut[:1].upper()}{cut[1:]}{more}”"
    return UNNAMED


def _may_name(word: str, known: _Words) -> bool:
    """Whether a word may be somebody's name: it is one, or is never written in lower case."""
    plain = word.replace("’", "'").casefold()
    if plain in known.names or word.islower():
        return plain in known.names
    return not (
        plain in known.plain or plain in FUNCTION_WORDS or plain in WEAK or not _cased(word)
    )


def _cased(word: str) -> bool:
    return word.lower() != word.upper()


def _stem(word: str) -> str:
    return _SUFFIX.sub("", word) if len(word) > 4 else word


def _stems(phrase: str) -> frozenset[str]:
    words = (word.casefold() for word in _WORD.findall(phrase))
    return frozenset(_stem(word) for word in words if word not in FUNCTION_WORDS)


def _distinct(phrases: Sequence[str]) -> list[str]:
    """Without those that only add to, or leave out, words of an earlier one."""
    kept: list[str] = []
    for phrase in phrases:
        stems = _stems(phrase)
        if not any(stems <= _stems(other) or stems >= _stems(other) for other in kept):
            kept.append(phrase)
    return kept
