"""Names of themes without a language model: the phrase that stands closest to what was said.

Candidates are phrases of one to three words that are frequent in a theme and rare elsewhere
(c-TF-IDF). With an encoder they are ranked by nearness to the theme, away from what all themes
share (KeyBERT-like, contrastive). Phrases of the same stems count once, whatever their order.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.feature_extraction.text import CountVectorizer

from analysis.embed import Encoder, Vectors
from analysis.prepare import MASK_WORDS

CANDIDATES = 40
WORDS = 5  # phrases beside the title
APART = 3  # phrases of the subtitle
CONTRAST = 0.7  # share of the mean of all texts that is taken off a theme's own mean
LONGEST = 60  # characters
PART = 0.5  # share of the uses of a phrase within a longer one that makes it a part of that
UNNAMED = "Unnamed"

_PART = re.compile(r"[.!?,;:()\[\]{}<>\"“”|/\\\n]+")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_SUFFIX = re.compile(r"(?:ings?|ies|ied|ed|es|ers?|ly|y|s|e)$")
_NEGATIONS = frozenset({"no", "not", "never", "without", "sin", "kein", "keine", "nicht"})
_FUNCTION_WORDS = """
    a about above after again all also always am an and any are aren't around as at be because been
    before being below between both but by can can't cannot could couldn't did didn't do does
    doesn't doing don't done down during each either else even ever every few for from further get
    gets getting go goes going gone got had hadn't has hasn't have haven't having he he's her here
    hers herself him himself his how i i'd i'll i'm i've if in into is isn't it it's its itself just
    let let's like made make makes many may maybe me might mine more most much must my myself nor
    now of off ok okay on once one only onto or other our ours ourselves out over own per please
    put quite rather really s same say said says she she's should shouldn't since so some something
    still such t take than thank thanks that that's the their theirs them themselves then there
    there's these they they'd they'll they're they've thing things think this those though through
    to too two under until up upon us use used using very via want wanted was wasn't way we we'd
    we'll we're we've well went were weren't what what's when where which while who who's whom whose
    why will with won't would wouldn't yes yet you you'd you'll you're you've your yours yourself
    able actually already another anyone anything came come don dont im ive know need lot nothing
    someone thru u ur

    al algo como con cual cuando de del desde donde el ella ellas ellos en era eran es esa ese eso
    esta estaba está están este esto fue fueron ha han hasta hay la las le les lo los más me mi muy
    nos nosotros o para pero por porque que qué se ser si sí sobre son su sus también te tiene todo
    un una uno y ya yo

    aber alle als am an auch auf aus bei bin bis da das dass dem den der des die dies diese doch ein
    eine einem einen einer er es für hat hatte haben ich ihr ihre im in ist ja kann man mein mich
    mir mit nach noch nur oder schon sehr sein sich sie sind so über um und uns unser unsere vom von
    vor war waren was wenn wie wir wird wurde zu zum zur

    au aux avec ce ces cette dans des du elle elles et était été être il ils je leur leurs ma mais
    mes mon nous on ont ou par pas plus pour qui sa sans ses sont sur très une vous

    ao aos as até com da das dele dela do dos ela ele em essa esse foi isso isto mais mas meu minha
    muito na não nas nem no nos num numa os ou pela pelo são seu sua também tem uma você

    att av bara blev blir bli den det dem den denna detta dom du då där efter ej eller en ett eller
    fick från får för förut ha hade han har hela hos hur i inga ingen inte ja jag kan kom lite man
    med men mig min mitt mycket ni något några när nu och också om oss på sen sig sin ska skulle som
    så till tog ut utan vad var vara vi vid vill väldigt än är åt över

    aan al alles als ben bij dan dat de der deze die dit doen door dus een en er ga geen had heb
    hebben heeft het hij hoe ik in is je kan me meer met mij mijn na naar niet nog nu of om onze ook
    op over te toch toen tot u uit van veel voor waar was wat we wel werd wij wordt zich zijn zo

    a ad ai al alla anche ancora che chi ci come con cosa da dal dalla dei del della delle di e ed
    era gli ha hanno ho i il in io la le lei li lo loro ma mi molto ne nel nella noi non o per però
    più poi quando quello questa questo se sempre senza si sono sta su sul tra tutto un una vi
"""
_STOP = MASK_WORDS.union(_FUNCTION_WORDS.split())


class Title(NamedTuple):
    """What a theme is called."""

    title: str
    words: tuple[str, ...]  # telling phrases beside it, in lower case
    subtitle: str = ""  # phrases that the theme nearest to it does not have


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
    found = _candidates(texts, labels, len(centroids))
    candidates, apart = found, found
    siblings = _siblings(centroids)
    if encoder:
        common = CONTRAST * vectors[labels >= 0].mean(axis=0)
        candidates = _nearest_first(found, centroids - common, encoder)
        apart = _nearest_first(found, centroids - centroids[siblings], encoder)
    taken: list[frozenset[str]] = []
    result: list[Title] = []
    for theme, phrases in enumerate(candidates):
        rows = np.flatnonzero(labels == theme)
        central = texts[int(rows[np.argmax(vectors[rows] @ centroids[theme])])]
        free = [phrase for phrase in phrases if _stems(phrase) not in taken]
        title = next(iter(free), None) or _opening(central)
        taken.append(_stems(title))
        words = _distinct([title, *phrases])[1 : WORDS + 1]
        result.append(Title(title[:1].upper() + title[1:], tuple(words)))
    return tuple(
        name._replace(subtitle=_subtitle(name, apart[theme], result[siblings[theme]]))
        if len(result) > 1
        else name
        for theme, name in enumerate(result)
    )


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


def _candidates(texts: Sequence[str], labels: NDArray[np.int64], n_themes: int) -> list[list[str]]:
    """Each theme's phrases by c-TF-IDF, best first; a text counts a phrase once.

    In a theme of four texts or more a phrase stands in two: what one person alone says may be a
    name that masking has missed.
    """
    counter = CountVectorizer(analyzer=_phrases, binary=True)
    try:
        counts = counter.fit_transform(texts)
    except ValueError:  # no text holds a phrase
        return [[] for _ in range(n_themes)]
    phrases = counter.get_feature_names_out()
    rows = np.flatnonzero(labels >= 0)
    member = csr_array((np.ones(len(rows)), (labels[rows], rows)), shape=(n_themes, len(texts)))
    frequency = csr_array(member @ counts)
    share = frequency.sum(axis=1).mean() / np.maximum(frequency.sum(axis=0), 1)
    sizes = np.bincount(labels[rows], minlength=n_themes)
    found = []
    for theme in range(n_themes):
        row = frequency[[theme]].tocoo()
        enough = row.data >= (2 if sizes[theme] >= 4 else 1)
        enough[enough] = _whole(phrases[row.col[enough]], row.data[enough])
        columns = row.col[enough]
        words = np.array([phrase.count(" ") + 1 for phrase in phrases[columns]])
        score = row.data[enough] * np.log1p(share[columns]) * np.sqrt(words)
        best = np.lexsort((phrases[columns], -score))[:CANDIDATES]
        found.append([str(phrase) for phrase in phrases[columns][best]])
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


def _nearest_first(candidates: list[list[str]], axes: Vectors, encoder: Encoder) -> list[list[str]]:
    """Each theme's phrases by how far they lie along its axis, (n_themes, dim)."""
    phrases = sorted({phrase for listed in candidates for phrase in listed})
    if not phrases:
        return candidates
    row = dict(zip(phrases, encoder(phrases), strict=True))
    return [
        sorted(listed, key=lambda phrase: (-round(float(row[phrase] @ axis), 6), phrase))
        for listed, axis in zip(candidates, axes, strict=True)
    ]


def _phrases(text: str) -> Iterator[str]:
    """Runs of one to three words that neither begin nor end with a function word."""
    for part in _PART.split(text.replace("’", "'").casefold()):
        words = _WORD.findall(part)
        for start, first in enumerate(words):
            if first in _STOP:
                continue
            for end in range(start + 1, min(start + 3, len(words)) + 1):
                last = words[end - 1]
                phrase = " ".join(words[start:end])
                if last not in _STOP and last not in _NEGATIONS and 2 < len(phrase) <= LONGEST:
                    yield phrase


def _opening(text: str) -> str:
    """The first words of a text, where it has any."""
    words = [word for word in _WORD.findall(text) if word.casefold() not in MASK_WORDS]
    return " ".join(words[:6])[:LONGEST] or UNNAMED


def _stems(phrase: str) -> frozenset[str]:
    words = [word for word in phrase.casefold().split() if word not in _STOP]
    return frozenset(_SUFFIX.sub("", word) if len(word) > 4 else word for word in words)


def _distinct(phrases: Sequence[str]) -> list[str]:
    """Without those that only add to, or leave out, words of an earlier one."""
    kept: list[str] = []
    for phrase in phrases:
        stems = _stems(phrase)
        if not any(stems <= _stems(other) or stems >= _stems(other) for other in kept):
            kept.append(phrase)
    return kept
