"""Which languages an encoder reads together with English, asked of the encoder itself.

It gets a few sentences and their translations. It reads a language when nearly every translation
lies nearer to its own English sentence than to any other; an English encoder fails at this and a
multilingual one does not. Languages without sentences here are taken as not read together.
"""

from collections.abc import Collection, Mapping, Sequence

from analysis.embed import Encoder

ENOUGH = 0.75  # share of the translations that must find their sentence

SENTENCES: Mapping[str, Sequence[str]] = {
    "en": (
        "The delivery came three days too late.",
        "The box was wet and its contents were broken.",
        "Nobody answers my e-mails.",
        "The invoice is higher than what we agreed on.",
        "The driver was very friendly.",
        "We are looking for another provider.",
        "I cannot see where my shipment is.",
        "The warehouse was closed when the truck arrived.",
    ),
    "de": (
        "Die Lieferung kam drei Tage zu spät.",
        "Der Karton war nass und der Inhalt zerbrochen.",
        "Niemand beantwortet meine Mails.",
        "Die Rechnung ist höher als vereinbart.",
        "Der Fahrer war sehr freundlich.",
        "Wir suchen einen anderen Anbieter.",
        "Ich sehe nicht, wo meine Sendung ist.",
        "Das Lager war zu, als der Lkw ankam.",
    ),
    "es": (
        "La entrega llegó tres días tarde.",
        "La caja estaba mojada y el contenido roto.",
        "Nadie responde a mis correos.",
        "La factura es más alta de lo que acordamos.",
        "El conductor fue muy amable.",
        "Estamos buscando otro proveedor.",
        "No puedo ver dónde está mi envío.",
        "El almacén estaba cerrado cuando llegó el camión.",
    ),
    "fr": (
        "La livraison est arrivée avec trois jours de retard.",
        "Le carton était mouillé et le contenu cassé.",
        "Personne ne répond à mes courriels.",
        "La facture est plus élevée que convenu.",
        "Le chauffeur était très aimable.",
        "Nous cherchons un autre prestataire.",
        "Je ne vois pas où est mon colis.",
        "L'entrepôt était fermé à l'arrivée du camion.",
    ),
    "it": (
        "La consegna è arrivata con tre giorni di ritardo.",
        "La scatola era bagnata e il contenuto rotto.",
        "Nessuno risponde alle mie mail.",
        "La fattura è più alta di quanto concordato.",
        "L'autista è stato molto gentile.",
        "Stiamo cercando un altro fornitore.",
        "Non riesco a vedere dov'è la mia spedizione.",
        "Il magazzino era chiuso quando è arrivato il camion.",
    ),
    "pt": (
        "A entrega chegou com três dias de atraso.",
        "A caixa estava molhada e o conteúdo quebrado.",
        "Ninguém responde aos meus e-mails.",
        "A fatura é mais alta do que o combinado.",
        "O motorista foi muito simpático.",
        "Estamos à procura de outro fornecedor.",
        "Não consigo ver onde está a minha encomenda.",
        "O armazém estava fechado quando o caminhão chegou.",
    ),
    "nl": (
        "De levering kwam drie dagen te laat.",
        "De doos was nat en de inhoud kapot.",
        "Niemand beantwoordt mijn mails.",
        "De factuur is hoger dan afgesproken.",
        "De chauffeur was erg vriendelijk.",
        "We zoeken een andere aanbieder.",
        "Ik kan niet zien waar mijn zending is.",
        "Het magazijn was dicht toen de vrachtwagen aankwam.",
    ),
    "sv": (
        "Leveransen kom tre dagar för sent.",
        "Kartongen var blöt och innehållet trasigt.",
        "Ingen svarar på mina mejl.",
        "Fakturan är högre än vi kom överens om.",
        "Chauffören var mycket trevlig.",
        "Vi letar efter en annan leverantör.",
        "Jag kan inte se var min försändelse är.",
        "Lagret var stängt när lastbilen kom fram.",
    ),
}


def read_together(encoder: Encoder, languages: Collection[str]) -> frozenset[str]:
    """Those of the languages whose texts the encoder places beside English ones; English is in."""
    asked = sorted((set(languages) & set(SENTENCES)) - {"en"})
    if not asked:
        return frozenset({"en"})
    english = SENTENCES["en"]
    vectors = encoder([text for name in ("en", *asked) for text in SENTENCES[name]])
    own, rest = vectors[: len(english)], vectors[len(english) :]
    found = {"en"}
    for n, name in enumerate(asked):
        translated = rest[n * len(english) : (n + 1) * len(english)]
        nearest = (translated @ own.T).argmax(axis=1)
        if (nearest == range(len(english))).mean() >= ENOUGH:
            found.add(name)
    return frozenset(found)
