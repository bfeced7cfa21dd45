"""What the lint looks for, per language, as regular expressions.

Every pattern is matched against folded text: lower case, without accents (ü is u, ß stays),
straight quotes. French and Portuguese have the rules that can be told by words reliably (compound,
leading, praise, promise, blame); for the rest they are held to the rules that need no words.
"""

import re
from collections.abc import Mapping
from typing import Literal

WordRule = Literal[
    "tell_me",
    "compound",
    "leading",
    "praise",
    "promise",
    "promise_statement",  # a promise in a statement, not in a question
    "blame",
    "apology",
    "personal_data_request",
    "internals",
    "reserve",
]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words that carry no content; also how a message's language is told.
FUNCTION_WORDS: Mapping[str, frozenset[str]] = {
    "en": _words(
        "a an the this that these those i me my we us our you your yours he she it its they them"
        " their who whom whose which what when where why how is are was were be been being am do"
        " does did done have has had having can could would will shall should may might must not"
        " no nor and or but if as of at by for with about to from in on up out off over into"
        " than then there here so just any some all each s t d ll re ve"
    ),
    "es": _words(
        "el la los las un una unos unas lo al del de a en con por para sin sobre y o u e ni que"
        " quien quienes cual cuales cuando donde como cuanto cuantos cuantas cuanta yo me mi mis"
        " nos nuestro nuestra nuestros nuestras usted ustedes le les se su sus tu tus te es son"
        " fue fueron era eran ser sido esta estan este esto eso esa ese ha han he hemos habia hay"
        " no si mas pero ya muy desde hasta"
    ),
    "de": _words(
        "der die das den dem des ein eine einen einem einer eines und oder aber wenn als ob dass"
        " ich mich mir mein meine wir uns unser unsere unserer unserem sie ihnen ihr ihre ihrer"
        " ihrem ihren ihres er es man wer wen wem was wann wo wie warum welche welcher welches"
        " welchen welchem ist sind war waren sein hat haben hatte hatten wird werden wurde wurden"
        " kann konnte konnten nicht kein keine an am auf aus bei beim bis durch fur in im mit nach"
        " seit uber um unter von vom vor zu zum zur dabei dazu da so noch schon"
    ),
    "fr": _words(
        "le la les un une des du de au aux en dans avec par pour sans sur et ou que qui quoi quel"
        " quelle quels quelles quand comment je me mon ma nous notre nos vous votre vos il elle"
        " ils elles se sa ses leur leurs est sont etait ete etre a ont avez avons ne pas plus ce"
        " cette ces cela mais si"
    ),
    "pt": _words(
        "o a os as um uma uns umas do da dos das de em no na nos nas com por para sem sobre e ou"
        " que quem qual quais quando onde como eu me meu minha nosso nossa voce voces lhe se seu"
        " sua seus suas foi foram era eram ser sido esta estao este isto isso essa esse tem ha nao"
        " mas mais ja muito"
    ),
}

# Words that no phrase ends with.
DANGLING: Mapping[str, frozenset[str]] = {
    "en": _words(
        "a an the my our your his her its their this these those and or but nor if as of for from"
        " with into to at than is are was were be been am do does did has have had who whose which"
        " when where how because so very i we you they he she"
    ),
    "es": _words(
        "el la los las un una unos unas al del de a en con por para sin sobre y o u e ni que quien"
        " cual cuando donde como mi mis nuestro nuestra su sus tu tus es son fue era ha han he muy"
        " se me nos le les lo porque pero"
    ),
    "de": _words(
        "der die das den dem des ein eine einen einem einer eines und oder aber wenn als dass mein"
        " meine unser unsere unserer ihr ihre kein keine am im zum zur bei beim mit nach von vom"
        " vor seit uber um unter fur wer was wann wo wie weil sehr ich wir sie er es man"
    ),
    "fr": _words(
        "le la les un une des du de au aux en dans avec par pour sans sur et ou que qui quand mon"
        " ma notre nos votre vos leur leurs ce cette ces tres je nous vous il elle ils elles mais"
    ),
    "pt": _words(
        "o a os as um uma do da dos das de em no na nos nas com por para sem sobre e ou que quem"
        " quando onde como meu minha nosso nossa seu sua seus suas muito eu ele ela mas"
    ),
}

_FEELING = (
    r"(?:un)?happy|(?:dis)?satisfied|disappointed|frustrated|annoyed|angry|upset|pleased|delighted"
    r"|worried|stressed|furious|irritated|impressed|unhappy"
)
_VERDICT = (
    r"disappointing|frustrating|annoying|upsetting|bad|terrible|awful|horrible|poor|rude"
    r"|unfriendly|friendly|(?:un)?helpful|careless|sloppy|slow|late|good|great|nice|polite|impolite"
    r"|(?:un)?professional|stressful|painful|difficult|hard|easy|inconvenient|unacceptable|pleasant"
    r"|serious|ridiculous|wrong|incompetent|excellent|wonderful|perfect"
)
_EN_WHO = r"(?:what|how|when|where|who|whom|whose|which|why)"
_EN_AUX = (
    r"(?:did|do|does|is|are|was|were|has|have|had|can|could|would|will|should)"
    r" (?:you|it|they|he|she|we|the|that|this|your|our|any\w*|some\w*|there)"
)
_EN_PERSONAL = (
    r"(?:(?:full|first|last|e-?mail|phone|mobile|telephone|home|delivery|billing|street|postal"
    r"|shipping|bank|credit|debit|card|account|customer|id|passport|tax|social|security|contact)"
    r"\s)*(?:name|surname|address|phone|number|mobile|e-?mail|postcode|post code|zip(?: code)?"
    r"|card|iban|bank account|id|passport|birthday|date of birth|password|pin|cvv|contact details)"
)
_EN_GREAT = (
    r"(?:great|good|excellent|fair|valid|interesting|wonderful|fantastic|amazing|brilliant|useful"
    r"|helpful|valuable|insightful|detailed|thoughtful|clear|perfect|lovely|nice)"
)
_EN_FUTURE = r"(?:'ll| will| shall| is going to| are going to|'re going to)"

_ES_FEELING = (
    r"(?:in)?satisfech[oa]|content[oa]|descontent[oa]|decepcionad[oa]|frustrad[oa]|molest[oa]"
    r"|enfadad[oa]|enojad[oa]|preocupad[oa]|feliz|encantad[oa]|disgustad[oa]"
)
_ES_VERDICT = (
    r"decepcionante|frustrante|molest[oa]|mal[oa]|terrible|horrible|pesim[oa]|maleducad[oa]"
    r"|grosser[oa]|groser[oa]|antipatic[oa]|amable|simpatic[oa]|descuidad[oa]|lent[oa]|buen[oa]"
    r"|genial|excelente|(?:poco )?profesional|estresante|dificil|facil|inaceptable|grave|tarde"
    r"|ridicul[oa]|incompetente|desagradable|agradable"
)
_ES_WHO = (
    r"(?:que|quien|quienes|cual|cuales|cuando|donde|como|cuant[oa]s?|por que|de quien|a quien)"
)
_ES_PERSONAL = (
    r"(?:nombre|apellidos?|direccion|domicilio|telefono|movil|numero de (?:telefono|cuenta|tarjeta"
    r"|documento|movil)|correo(?: electronico)?|e-?mail|codigo postal|tarjeta|iban|dni|nie"
    r"|pasaporte"
    r"|fecha de nacimiento|contrasena|pin)"
)

_DE_FEELING = (
    r"(?:un)?zufrieden|enttauscht|frustriert|verargert|genervt|wutend|sauer|unglucklich|glucklich"
    r"|besorgt|erfreut|begeistert"
)
_DE_VERDICT = (
    r"enttauschend\w*|frustrierend\w*|argerlich\w*|nervig\w*|schlecht\w*|schlimm\w*|furchtbar\w*"
    r"|schrecklich\w*|unhoflich\w*|hoflich\w*|unfreundlich\w*|freundlich\w*|nachlassig\w*"
    r"|langsam\w*"
    r"|spat|verspatet|gut\w*|toll\w*|super|unprofessionell\w*|professionell\w*|stressig\w*"
    r"|schwierig\w*|schwer|einfach|leicht|inakzeptabel\w*|unverschamt\w*|hilfreich\w*"
)
_DE_WHO = (
    r"(?:was|wie|wann|wo|wer|wen|wem|wessen|warum|wieso|weshalb|welche[rsnm]?|wodurch|womit|woran)"
)
_DE_AUX = (
    r"(?:hat|haben|ist|sind|war|waren|wurde|wurden|konnten?|kann|werden|wird|durfen|mussten?)"
    r" (?:sie|es|er|man|der|die|das|ihr\w*|ihnen|jemand|etwas|wir)"
)
_DE_PERSONAL = (
    r"(?:(?:vor|nach|familien)?name\w*|(?:liefer|rechnungs|e-?mail-|mail)?adresse|anschrift"
    r"|(?:telefon|handy|mobil|konto|karten|kunden|ausweis|mobilfunk)-?nummer|e-?mail|postleitzahl"
    r"|plz"
    r"|iban|kreditkarte\w*|kartendaten|bankverbindung|kontodaten|geburtsdatum|passwort|ausweis|pin)"
)

_FR_FEELING = (
    r"(?:in)?satisfait(?:e|s|es)?|(?:me)?content(?:e|s|es)?|decue?s?|frustree?s?|enervee?s?"
    r"|fachee?s?|furieu(?:x|se)|inquiete?s?|ravie?s?|heureu(?:x|se)|agacee?s?|contrariee?s?"
)
_FR_VERDICT = (
    r"decevante?|frustrante?|enervante?|mauvaise?|terrible|horrible|affreu(?:x|se)|impolie?"
    r"|(?:des)?agreable|aimable|negligente?|lente?|bonne?|geniale?|excellente?|professionnel(?:le)?"
    r"|stressante?|difficile|facile|inacceptable|grave|ridicule|incompetente?|penible|en retard"
)
_FR_WHO = (
    r"(?:qui|quoi|quel(?:le)?s?|comment|combien|quand|pourquoi|lequel|laquelle|qu'est-ce"
    r"|que s'est|qu'avez|que (?:faut|faites|voyez|pensez))"
)
_FR_INVERTED = (
    r"(?:a|est|avez|etes|etait|etaient|sont|ont|pouvez)-(?:t-)?(?:il|elle|ils|elles|on|ce|vous)"
)

_PT_FEELING = (
    r"(?:in)?satisfeit[oa]s?|(?:des)?contente|decepcionad[oa]|frustrad[oa]|chatead[oa]|irritad[oa]"
    r"|zangad[oa]|preocupad[oa]|(?:in)?feliz|aborrecid[oa]|furios[oa]|encantad[oa]"
)
_PT_VERDICT = (
    r"decepcionante|frustrante|irritante|ruim|pessim[oa]|terrivel|horrivel|grosseir[oa]|gross[oa]"
    r"|mal-educad[oa]|(?:anti|sim)patic[oa]|gentil|descuidad[oa]|lent[oa]|bom|boa|otim[oa]"
    r"|excelente|profissional|estressante|dificil|facil|inaceitavel|grave|atrasad[oa]|ridicul[oa]"
    r"|incompetente|(?:des)?agradavel"
)
_PT_WHO = r"(?:o que|quem|qual|quais|como|quando|onde|quant[oa]s?|por que)"

_SOURCES: Mapping[str, Mapping[WordRule, tuple[str, ...]]] = {
    "en": {
        "tell_me": (
            r"\b(?:tell|walk) (?:me|us)\b",
            r"\blet (?:me|us) know\b",
            r"\bplease (?:describe|explain|share|say|elaborate)\b",
        ),
        "compound": (
            rf"\b(?:and|or|also|plus)\b,? (?:also |then )?(?:{_EN_WHO}\b|{_EN_AUX}\b)",
            r"^\W*(?:what|how|who|whom|whose|which|why|did|do|does|was|were|is|are|has|have)\b[^?]*,"
            rf" (?:{_EN_WHO}|{_EN_AUX})\b|, then (?:{_EN_WHO}|{_EN_AUX})\b| [-–] {_EN_AUX}\b",
        ),
        "leading": (
            r"\b(?:the|this|that|our|your) (?:poor|bad|terrible|awful|horrible|rude|careless|sloppy"
            r"|disappointing|frustrating|annoying|unhelpful|unfriendly) [a-z]+",
            r", ?(?:right|correct|yes|no|ok|okay|true|huh|eh|agreed)\s*\?",
            r", ?(?:is|was|are|were|do|does|did|has|have|had|would|could|will|can|should)"
            r"(?:n't| not)? (?:it|you|they|he|she|we|that|there)(?: not)?\s*\?",
            r"(?:^|[.!?] )\W*(?:is|was|are|were|do|does|did|has|have|wo|would|could|should"
            r"|ca)n't\b",
            r"\b(?:would|do) you (?:not )?agree\b|\bsurely\b|\bobviously\b",
            rf"\byou (?:were|are|must (?:be|have been|feel|have felt)|felt|feel|seem|sound|sounded)"
            rf" (?:\w+ )?(?:{_FEELING})\b",
            r"\b(?:that|it|this) must (?:have been|be|have felt)\b",
            rf"\bhow (?:very |really |so )?(?:{_FEELING}|{_VERDICT})\b",
            r"\bhow much did \w+(?: \w+)? (?:upset|annoy|bother|frustrate|disappoint"
            r"|inconvenience)",
            r"\bwhat (?:annoyed|frustrated|disappointed|upset|bothered|angered|impressed|pleased"
            r"|delighted|worried) you\b",
            r"\bdid you (?:love|hate|enjoy|like|dislike)\b",
            rf"\bmade (?:it|that|this|the \w+|your \w+) (?:so |such an? |that )?"
            rf"(?:{_FEELING}|{_VERDICT})\b",
            rf"\bso (?:{_FEELING}|{_VERDICT})\b",
            rf"(?:^|[.!?,:] )\W*(?:is|was|are|were|did|do|does|has|have|had)\b[^.?!]*"
            rf"\b(?:{_FEELING}|{_VERDICT}|ignored?|forg[eo]t|refused?|fail(?:ed)?|lied?"
            rf"|shout(?:ed)?"
            rf"|thr[eo]wn?|because|due to|caused? by|thanks to)\b[^.!]*\?",
            r"\b(?:was|is) it (?:the|a|your|our) (?:driver|courier|carrier|weather|traffic"
            r"|packaging"
            r"|warehouse|sender)\b",
            r"\bdid (?:the|our|your) (?:driver|courier|carrier|weather|traffic|packaging|warehouse"
            r"|sender) (?:cause|damage|lose|break)\b",
            r"\bwhat (?:did|have) (?:we|they|he|she|the (?:driver|carrier|courier|sender|team))"
            r" (?:do|done|get|got) wrong\b",
        ),
        "praise": (
            rf"\b{_EN_GREAT} (?:point|question|answer|feedback|insights?|observation|input"
            r"|catch)\b",
            rf"\b{_EN_GREAT} (?:example|idea|details?|news|information|context|summary|description"
            r"|explanation|to (?:hear|know))\b(?![^.!?]*\?)",
            r"\b(?:glad|happy|pleased|delighted|thrilled|nice|lovely|wonderful) (?:to (?:hear"
            r"|know|see"
            r"|read)|you\b|that you\b|it (?:went|worked))",
            r"\b(?:that|this|it)(?:'s| is| was| sounds)(?: really| very| so| quite| super| truly)?"
            r" (?:an? )?(?:interesting|great|helpful|good|wonderful|fantastic|insightful|useful"
            r"|valuable|amazing|awesome|excellent|perfect|lovely|fascinating|impressive|terrible"
            r"|awful"
            r"|frustrating|disappointing|understandable|annoying|unfortunate)\b(?! \w* ?\?)",
            r"(?:^|[.!?] )\W*(?:great|perfect|excellent|wonderful|fantastic|awesome|amazing"
            r"|brilliant"
            r"|lovely|super|interesting|nice|good|cool|wow|bravo)\s*[!,.]",
            r"\b(?:really|very|so|most|extremely|incredibly) (?:helpful|insightful|interesting"
            r"|valuable|useful)\b",
            r"\b(?:i|we) (?:really |truly |totally |completely )?(?:love|admire|like) (?:that"
            r"|your|how)",
            r"\bappreciate (?:your|the|you) (?:\w+ )?(?:honesty|cando\w+|openness|insight|patience"
            r"|detail|honest|thoughtful)",
            r"\bwell (?:said|put|done)\b|\bmakes (?:\w+ )?sense\b|\bgood job\b|\bkudos\b",
            r"\byou(?:'re| are) (?:so |very |absolutely |quite |totally )?(?:right|kind|clear)\b",
            r"\bthank(?:s| you)(?: so much)? for (?:being so|such|your (?:great|valuable|helpful"
            r"|honest|insightful|detailed|kind|thoughtful))",
        ),
        "promise": (
            rf"\b(?:we|i|they|you|he|she|it|some(?:one|body)|(?:our|the|your|my"
            rf"|an?) \w+){_EN_FUTURE}"
            r" (?:also |then |soon |personally |certainly |definitely )?(?:fix|resolve|solve|sort"
            r"|refund|credit|compensate|reimburse|pay|replace|resend|redeliver|send|ship|call|ring"
            r"|phone|contact|e-?mail|write to you|get back|get (?:a|an|your|it)|reach out|follow up"
            r"|be (?:in touch|back|fixed|resolved|solved|sorted|refunded|replaced|paid|called"
            r"|contacted"
            r"|delivered|there)|investigate|look into|make|ensure|take care|improve|handle|waive"
            r"|receive|arrange|prioriti[sz]e|escalate|deliver|arrive|find out|do (?:better"
            r"|everything"
            r"|our best|all)|speak to|talk to|clear)",
            r"\b(?:refund\w*|compensat\w+|vouchers?|reimburse\w*|gift cards?|money back|goodwill"
            r"|credit notes?|credit(?:ed|s)?|free (?:delivery|shipping|return))\b",
            r"\bguarantee\w*|\b(?:i|we)(?: can| do| hereby)? promise\b|\bassure you\b"
            r"|\brest assured\b"
            r"|\b(?:my|our) word\b|\bcount on (?:us|it)\b",
            r"\b(?:make|put) (?:it|this|that|things) (?:up|right)\b|\b(?:earn|win) back\b"
            r"|\bwhat can (?:we|i) do\b",
        ),
        "promise_statement": (
            r"\b(?:won't|will not|will never|never|not going to) (?:happen|recur|occur|be repeated)"
            r"(?: again)?\b",
            r"\bwithin (?:the )?(?:next )?(?:\d+|an?|one|two|three|few|some)"
            r" (?:\w+ )?(?:minutes?|hours?|days?|weeks?)\b",
            r"\bin the next (?:\d+|few|two|three|couple)\b|\bby (?:tomorrow|tonight|noon|the end of"
            r"|next|monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b",
            r"\b(?:as soon as possible|asap)\b|\bwill\b[^.?!]*\b(?:soon|shortly|tomorrow|today"
            r"|immediately|right away)\b",
        ),
        "blame": (
            r"\b(?:our|your|my|their|his|her|its|\w+'s|whose|the \w+'s) (?:own )?(?:fault|mistake"
            r"|error"
            r"|failure|negligence)\b",
            r"\bat fault\b|\bto blame\b|\bblam(?:e|es|ed|ing)\b|\bnegligen\w*|\bincompeten\w*",
            r"\b(?:you|we|they|he|she|i|driver|carrier|courier|sender|team|warehouse|company|shop"
            r"|seller|neighbou?r) should(?:n't| not)? have\b",
            r"\bshould (?:the |our |your )?\w+ have (?!been to )\w+",
            r"\b(?:we|i|they|he|she|driver|carrier|courier|sender|team|warehouse|company)"
            r"(?:'ve| have| has)? (?:(?:messed|screwed|slipped|fouled) up|failed (?:you|to)"
            r"|made an? (?:\w+ )?(?:mistake|error)|got (?:it|this|that) wrong|let you down"
            r"|dropped the ball|fell short)\b",
            r"\b(?:we|i)(?:'re|'m| are| am| take| accept| bear)(?: full| fully)? responsib\w*",
            r"\byou (?:failed|forgot|neglected|(?:did not|didn't) (?:read|follow|check|answer))\b",
        ),
        "apology": (
            r"\b(?:sorry|apolog\w+|forgive (?:me|us)|(?:we|i) (?:deeply |sincerely )?regret)\b",
        ),
        "personal_data_request": (
            r"\b(?:confirm|provide|send|give|share|enter|verify|type|supply|state|reply with|repeat"
            r"|tell (?:me|us)|let (?:me|us) know|(?:i|we) need|have|get|check)\b"
            rf"(?: \w+){{0,3}}? your (?:\w+ )?{_EN_PERSONAL}\b(?! (?:manager|team|check|problem"
            rf"|label))",
            rf"\b(?:send|give|share|confirm|provide)\b[^.?!]* and your (?:\w+ )?{_EN_PERSONAL}\b",
            rf"\b(?:what(?:'s| is| was)|which is) your (?:\w+ )?{_EN_PERSONAL}\b",
            r"\b(?:what|which)(?:'s| is| was| are| were) (?:the|their|his|her) (?:\w+ ){0,3}?"
            r"(?:names?|phone|(?:phone|mobile) numbers?|e-?mail(?: address)?|surnames?)\b(?! tag)",
            r"\bwhere do you live\b|\bhow old are you\b|\bwho am i (?:speaking|talking|chatting)",
            r"\b(?:how|where) (?:can|may|could|should) (?:we|i|someone) (?:reach|contact|call|phone"
            r"|e-?mail) you\b|\b(?:number|address|way) to (?:reach|contact|call) you\b",
            r"\b(?:under|at|on) (?:what|which) (?:name|phone|number|e-?mail|address)\b",
        ),
        "internals": (
            r"\b(?:my|system|hidden|internal|secret|previous) (?:instructions?|prompts?|guidelines"
            r"|programming|rules)\b|\bsystem prompt\b|\bas an ai\b|\blanguage model\b|\bchat ?gpt\b"
            r"|\bopenai\b|\b(?:i was|i am|i've been) (?:told|instructed|programmed|trained"
            r"|prompted)"
            r"|\binterview guide\b|\bjson\b|\bllm\b|\bthe prompt\b",
        ),
        "reserve": (
            r"\b(?:pric(?:es?|ed|ing)|rates|rate card|discount\w*|rebates?|tariffs?|(?<!in )terms"
            r"|other (?:customers?|clients?|accounts?)|another (?:customer|client|account)"
            r"|(?:customers|clients) like you)\b",
            r"\b(?:affect|influence|help|impact|improve|secure|weigh|count)\w* (?:\w+ ){0,4}?"
            r"(?:renewal|contract|agreement)\b",
        ),
    },
    "es": {
        "tell_me": (
            r"\b(?:digame|diganos|cuenteme|cuentenos|expliqueme|describa|expliquenos|dime"
            r"|cuentame)\b",
        ),
        "compound": (
            rf"\b(?:y|e|o|u|ademas|tambien)\b,? (?:tambien |ademas )?{_ES_WHO}\b(?! (?:la|el) que)",
            r"[?,] (?:y|o) (?:le|se|lo|la|hubo|fue|estaba|llego|ha|han|tuvo|pudo|recibio)\b",
            rf"^\W*(?:{_ES_WHO})\b[^?]*, {_ES_WHO}\b",
        ),
        "leading": (
            r"\b(?:el|la|esa|ese|nuestr[oa]|su) (?:mal[oa]|pesim[oa]|terrible|horrible) [a-z]+",
            r", ?¿?(?:verdad|no|cierto|correcto|si|vale|no es (?:asi|cierto|verdad)|a que si|o no)"
            r"\s*\?",
            r"[¿^]\s*(?:no (?:es|fue|cree|le|se|hubo|estuvo|piensa)|acaso)\b",
            rf"\b(?:usted )?(?:estaba|estuvo|esta|se sintio|quedo|debe estar"
            rf"|debio (?:de )?sentirse)"
            rf" (?:\w+ )?(?:{_ES_FEELING})\b",
            r"\b(?:debio (?:de )?(?:ser|sentirse)|tuvo que ser|imagino que)\b",
            rf"\b(?:que|cuan|como de|lo) (?:tan )?(?:{_ES_FEELING}|{_ES_VERDICT})\b(?! que)",
            r"\bque le (?:molesto|frustro|decepciono|disgusto|enfado|gusto|encanto|preocupo)\b",
            rf"\btan (?:{_ES_FEELING}|{_ES_VERDICT})\b",
            rf"¿\s*(?:fue|es|era|estuvo|estaba|hubo|le parecio|se porto|llego|fueron|eran)\b[^?]*"
            rf"\b(?:{_ES_FEELING}|{_ES_VERDICT}|porque|por culpa|debido a|a causa)\b[^?]*\?",
            r"¿\s*(?:el|la) (?:repartidor|conductor|mensajero)\w* (?:fue|era|estuvo|le (?:grito"
            r"|ignoro))",
            r"\bobviamente\b|\bseguramente\b|\bclaramente\b",
        ),
        "praise": (
            r"\b(?:excelente|buen|buena|gran|muy buen|interesante|valios[oa]) (?:punto|pregunta"
            r"|respuesta|comentario|observacion|ejemplo|idea|aportacion)\b",
            r"\bme alegr[ao]\b|\bnos alegra\b|\b(?:que|muy) (?:bien|bueno|interesante|util"
            r"|valios[oa]"
            r"|alegria)\b(?=[!.,])|\bque (?:interesante|bueno|bien|genial)\b",
            r"(?:^|[.!?¡] ?)\W*(?:genial|perfecto|excelente|estupendo|fantastico|maravilloso"
            r"|fenomenal"
            r"|interesante|increible|bravo)\s*[!,.]",
            r"\b(?:eso|esto) (?:es|suena|parece) (?:muy |realmente )?(?:interesante|util|genial"
            r"|bueno"
            r"|terrible|frustrante|comprensible)\b",
            r"\bmuy (?:util|interesante|valios[oa]|amable)\b|\btiene (?:toda la )?razon\b"
            r"|\btiene sentido\b|\bbien dicho\b",
            r"\b(?:agradezco|agradecemos|valoro|valoramos) (?:mucho )?su (?:sinceridad|honestidad"
            r"|franqueza|paciencia|valios\w+)\b",
        ),
        "promise": (
            r"\bcompensar(?:les?|l[oa]s?)?\b|\bque podemos hacer\b|\brecuperar su confianza\b",
            r"\b(?:le |lo |la |se lo |se la )?(?:reembolsaremos|devolveremos|compensaremos"
            r"|abonaremos"
            r"|pagaremos|solucionaremos|resolveremos|arreglaremos|enviaremos|reenviaremos"
            r"|reemplazaremos|llamaremos|contactaremos|investigaremos|escribiremos|entregaremos"
            r"|aseguraremos|mejoraremos|encargaremos|ocuparemos|tramitaremos|cambiaremos|llamara"
            r"|llamaran|contactara|contactaran|resolvera|resolveran|recibira|enviara|enviaran"
            r"|pondra en contacto|pondran en contacto|pondremos en contacto|haremos)\b",
            r"\b(?:vamos|voy|van|va) a (?:reembolsar|devolver|compensar|abonar|pagar|solucionar"
            r"|resolver|arreglar|enviar|reenviar|llamar|contactar|investigar|mejorar|asegurar"
            r"|cambiar"
            r"|hacer)\w*",
            r"\b(?:reembols\w+|compensaci\w+|indemnizaci\w+|vale de|cupon\w*|abono|devolucion del"
            r" dinero|descuento)\b",
            r"\bgarantiz\w+|\bgarantia\b|\b(?:le )?(?:prometo|prometemos|aseguro|aseguramos)\b",
        ),
        "promise_statement": (
            r"\bno (?:volvera|se volvera) a (?:pasar|ocurrir|suceder|repetir\w*)\b"
            r"|\bno se repetira\b",
            r"\ben (?:un plazo de |las proximas |los proximos |menos de )?(?:\d+|una|un|dos|tres"
            r"|unas"
            r"|unos|pocas|pocos) (?:horas?|dias?|minutos?|semanas?)\b(?<!segundos)",
            r"\b(?:antes del?|para el) (?:manana|lunes|martes|miercoles|jueves|viernes|sabado"
            r"|domingo"
            r"|fin de)\b|\blo antes posible\b|\bcuanto antes\b",
        ),
        "blame": (
            r"\bculpa\w*\b|\bnegligen\w*|\bincompeten\w*|\b(?:hizo|hicieron|hicimos) mal\b",
            r"\b(?:nuestro|nuestra|su|del? \w+) (?:error|fallo|equivocacion)\b(?! de tipo)",
            r"\b(?:deberia|deberian|debia|debio|tendria que|tenia que)(?: de)? haber\b",
            r"\b(?:nos hemos equivocado|nos equivocamos|hemos fallado|le fallamos|cometimos un"
            r"|hemos cometido|lo hicimos mal|asumimos)\b",
            r"\b(?:usted )?(?:se olvido|olvido|no leyo|no siguio|se equivoco)\b",
        ),
        "apology": (
            r"\b(?:lo siento|lo sentimos|lamento|lamentamos|disculp\w+|perdon\w*"
            r"|sentimos (?:mucho|que))",
        ),
        "personal_data_request": (
            r"\b(?:confirm\w+|facilit\w+|indi(?:ca|que)\w*|env[ií]\w+|mand\w+|di(?:ga|game|ganos"
            r"|me)"
            r"|de(?:me|nos)|comparta|escrib\w+|verifi\w+|proporcion\w+|introduzca|necesit\w+"
            r"|dar(?:me|nos)"
            rf"?|puede darnos)\b(?: \w+){{0,3}}? (?:su|sus|el|la|tu) (?:\w+ )?{_ES_PERSONAL}\b",
            rf"\bcual (?:es|era) (?:su|el|la) (?:\w+ )?{_ES_PERSONAL}\b",
            r"\bdonde vive\b|\bcomo se llama(?:ba)?\b|\bcon quien hablo\b|\bque edad tiene\b"
            r"|\ba que (?:numero|telefono|correo|direccion)\b|\bdonde (?:podemos|puedo) (?:llamarle"
            r"|contactarle|localizarle)\b|\bcomo (?:podemos|puedo) (?:llamarle|contactarle)\b",
        ),
        "internals": (
            r"\bmis instrucciones\b|\binstrucciones (?:internas|del sistema|previas)\b|\bprompt\b"
            r"|\bcomo (?:una )?(?:ia|inteligencia artificial)\b|\bmodelo de lenguaje\b"
            r"|\bchat ?gpt\b"
            r"|\bopenai\b|\bme (?:han programado|programaron|han indicado que diga)\b|\bjson\b"
            r"|\bguia de la entrevista\b",
        ),
        "reserve": (
            r"\b(?:precios?|tarifas?|descuentos?|condiciones (?:comerciales|del contrato"
            r"|economicas)"
            r"|rebajas?|otros clientes|otro cliente|clientes como usted\w*)\b",
            r"\b(?:afect|influ|ayud|mejor)\w* (?:\w+ ){0,4}?(?:renovacion|contrato|acuerdo)\b",
        ),
    },
    "de": {
        "tell_me": (
            r"\b(?:sagen|erzahlen|beschreiben|schildern|erklaren|nennen) sie (?:mir|uns|bitte"
            r"|kurz)\b",
        ),
        "compound": (
            rf"\b(?:und|oder|sowie|ausserdem|außerdem|auch)\b,? (?:auch )?(?:{_DE_WHO}\b"
            rf"|{_DE_AUX}\b)",
            rf"^\W*(?:{_DE_WHO})\b[^?]*, {_DE_WHO}\b(?! auch)[^?]*\b(?:hat|ist|war|haben|sind)"
            rf" (?:der|die|das|er|sie|es)\b",
        ),
        "leading": (
            r"\b(?:die|der|das|diese|unsere?|ihre?) (?:schlecht|schrecklich|furchtbar)\w+ [a-z]+",
            r", ?(?:oder|nicht wahr|richtig|korrekt|stimmt's|stimmts|ja|nein|gell|nicht|oder nicht)"
            r"\s*\?",
            r"(?:^|[.!?] )\W*(?:war|ist|hat|haben|finden|sind)(?: \w+){1,3} (?:nicht|etwa) [^?]*\?",
            rf"\b(?:sie|sich) (?:waren|sind|mussen|fuhlten|wirken)(?: \w+)? (?:{_DE_FEELING})\b",
            rf"\bwaren sie (?:\w+ )?(?:{_DE_FEELING})\b|\bsind sie (?:\w+ )?(?:{_DE_FEELING})\b",
            r"\bdas muss (?:\w+ )?(?:gewesen|sein)\b|\bdas muss \w+ \w+ gewesen\b",
            r"\bwie (?:sehr |so )?(?!gut (?:hat|haben|konn\w+)\b)"
            rf"(?:{_DE_FEELING}|{_DE_VERDICT})\b",
            r"\bwie sehr (?:hat|haben|war)\b|\bwas hat sie (?:\w+ ){0,2}(?:geargert|gestort"
            r"|enttauscht|frustriert|genervt|gefreut|begeistert)\b"
            r"|\bwas hat ihnen (?:\w+ )?gefallen\b",
            rf"\bso (?:{_DE_FEELING}|{_DE_VERDICT})\b",
            rf"(?:^|[.!?] )\W*(?:war|waren|ist|sind|hat|haben|wurde|wurden|kam)\b[^.?!]*"
            rf"\b(?:{_DE_FEELING}|{_DE_VERDICT}|ignoriert|vergessen|geschrien|geworfen|weil|wegen"
            rf"|schuld|aufgrund)\b[^.!]*\?",
            r"\blag es (?:am|an der|an dem|an den)\b|\boffensichtlich\b|\bsicherlich\b",
        ),
        "praise": (
            r"\b(?:gute|tolle|interessante|wertvolle|hilfreiche|ausgezeichnete|super|spannende"
            r"|gutes"
            r"|tolles|guter|toller|wichtiger|wertvoller|schone) (?:frage|antwort|idee|hinweise?"
            r"|punkt"
            r"|beispiel|beobachtung|ruckmeldung|einblick\w*|information\w*|nachricht)\b",
            r"\b(?:das |es )?freut (?:mich|uns)\b|\bschon zu horen\b|\bschon,? dass\b"
            r"|\b(?:mich|uns) freut\b",
            r"(?:^|[.!?] )\W*(?:super|toll|prima|perfekt|ausgezeichnet|wunderbar|klasse|spannend"
            r"|interessant|fantastisch|sehr gut|sehr schon)\s*[!,.]",
            r"\bdas (?:ist|klingt|war) (?:ja |wirklich |sehr |echt )?(?:interessant|toll|super"
            r"|hilfreich"
            r"|spannend|schon|gut|wertvoll|argerlich|frustrierend|verstandlich|nachvollziehbar)\b",
            r"\bsehr (?:hilfreich|interessant|wertvoll|aufschlussreich|freundlich von)\b"
            r"|\bsie haben (?:\w+ )?recht\b|\bgut gesagt\b|\bmacht sinn\b|\bergibt sinn\b",
            r"\bich (?:schatze|bewundere|liebe) (?:ihre|das|wie)\b|\bwir schatzen ihre (?:offenheit"
            r"|ehrlichkeit|geduld)\b",
        ),
        "promise": (
            r"\bwieder ?gut ?(?:zu ?)?machen\b|\bwas konnen wir (?:\w+ ){0,3}tun\b",
            r"\b(?:wir|ich|sie|jemand|unser team|das team|ein kollege|eine kollegin|man"
            r"|es) (?:werden"
            r"|werde|wird)\b[^.?!]*\b(?:beheben|losen|klaren|erstatten|zuruckzahlen|entschadigen"
            r"|ersetzen|schicken|senden|anrufen|melden|kontaktieren|kummern|prufen|untersuchen"
            r"|sorgen"
            r"|sicherstellen|verbessern|erhalten|bekommen|liefern|zustellen|gutschreiben"
            r"|bezahlen)\b",
            r"\b(?:wir|ich) (?:erstatten|ersetzen|beheben|klaren das|kummern uns|kummere mich"
            r"|melden uns"
            r"|melde mich|rufen sie|rufe sie|sorgen dafur|losen das|schicken ihnen|senden ihnen"
            r"|zahlen ihnen)\b|\b(?:jemand|ein kollege|eine kollegin) (?:ruft|meldet|kummert)\b",
            r"\b(?:ruckerstattung\w*|erstattung\w*|erstattet|entschadigung\w*|gutschein\w*"
            r"|gutschrift\w*"
            r"|schadensersatz|schadenersatz|geld zuruck|rabatt\w*)\b",
            r"\bgarantier\w+|\bgarantie\b|\bversprech\w+|\bversprochen\b|\bversicher\w* ihnen\b",
        ),
        "promise_statement": (
            r"\b(?:nie wieder|nicht wieder|nicht noch einmal|nicht mehr) (?:vorkommen|passieren"
            r"|geschehen)\b|\bkommt nicht wieder vor\b|\bpassiert nicht wieder\b",
            r"\binnerhalb (?:von |der )?(?:nachsten )?(?:\d+|eines|einer|zwei|drei|weniger)"
            r"(?: \w+)?\b|\bin den nachsten (?:\d+ |zwei |paar )?(?:stunden|tagen|minuten"
            r"|wochen)\b",
            r"\bbis (?:morgen|heute|zum|ende|montag|dienstag|mittwoch|donnerstag|freitag|samstag"
            r"|sonntag)\b|\bso bald wie moglich\b|\bschnellstmoglich\b|\bumgehend\b|\bin kurze\b",
        ),
        "blame": (
            r"\bfalsch gemacht\b|\bschuld\w*\b|\bverschuld\w*|\bfahrlassig\w*|\binkompeten\w*"
            r"|\bversag\w+",
            r"\b(?:unser|ihr|sein|mein|deren) (?:eigener )?(?:fehler|versaumnis)\b"
            r"|\bfehler (?:unsererseits|des fahrers|von uns)\b",
            r"\b(?:hatte|hatten|hattest)\b[^.?!]*\b(?:sollen|mussen|durfen)\b",
            r"\bwir haben (?:\w+ ){0,3}(?:versagt|falsch gemacht|einen fehler|enttauscht"
            r"|im stich gelassen)\b|\bwir (?:ubernehmen|tragen)(?: \w+)* verantwortung\b",
            r"\bsie haben (?:\w+ ){0,3}(?:vergessen|versaumt|ubersehen|nicht gelesen"
            r"|nicht beachtet)\b",
        ),
        "apology": (
            r"\b(?:entschuldig\w+|tut (?:mir|uns) (?:\w+ )?leid|bedauer\w+|verzeih\w+|sorry"
            r"|pardon)\b",
        ),
        "personal_data_request": (
            r"\b(?:bestatigen|nennen|geben|schicken|senden|teilen|schreiben|mitteilen|angeben|sagen"
            r"|prufen|brauchen|benotigen|durfte ich|verraten)\b(?: \w+){0,4}? (?:ihre?n?|die|den"
            r"|uns"
            rf" ihre?n?) (?:\w+ )?{_DE_PERSONAL}\b",
            rf"\bwie (?:lautet|ist|heisst|heißt) ihre?n? (?:\w+ )?{_DE_PERSONAL}\b",
            r"\bwo wohnen sie\b|\bwie (?:heiß|heiss|hieß|hiess)(?:t|en)?\b|\bmit wem spreche\b"
            r"|\bwie (?:ist|war|lautete?) (?:der|sein|ihr|die) (?:vor|nach)?"
            r"(?:name|nummer|telefonnummer)\b"
            r"|\bwie alt sind sie\b|\b(?:wie|wo|unter welcher nummer) (?:konnen|kann) (?:wir"
            r"|ich) sie"
            r" (?:\w+ )?(?:erreichen|anrufen|kontaktieren)\b|\bunter welche[rm] (?:nummer|namen?"
            r"|adresse)"
            r"\b",
        ),
        "internals": (
            r"\bmeine (?:internen )?(?:anweisungen|vorgaben|instruktionen|regeln)\b|\bprompt\b"
            r"|\b(?:meinen|internen) anweisungen\b|\bals (?:ki|sprachmodell)\b|\bsprachmodell\w*\b"
            r"|\bchat ?gpt\b|\bopenai\b|\bich wurde (?:programmiert|angewiesen|trainiert)\b"
            r"|\bjson\b"
            r"|\binterviewleitfaden\b",
        ),
        "reserve": (
            r"\b(?:preise?n?|preislich\w*|tarife?n?|rabatt\w*|konditionen|vertragsbedingungen"
            r"|nachlass\w*|andere\w* kunden?|weitere\w* kunden?|kunden wie sie)\b",
            r"\b(?:einfluss auf|beeinfluss\w+|auswirk\w+ auf|hilft|helfen bei)\b[^.?!]*"
            r"\b(?:verlangerung|vertrag\w*)\b",
        ),
    },
    "fr": {
        "compound": (
            rf"\b(?:et|ou|mais|aussi)\b,? (?:aussi )?(?:(?:a|de|avec) )?"
            rf"(?:{_FR_WHO}|{_FR_INVERTED})\b",
            rf"^\W*(?:{_FR_WHO})\b[^?]*, (?:{_FR_WHO})\b",
        ),
        "leading": (
            r", ?(?:non|n'est-ce pas|pas vrai|d'accord|oui|hein|exact|vrai|c'est bien ca)\s*\?",
            r"(?:^|[.!?] )\W*(?:n'(?:est|etait|a|avez|etes|avait)|ne (?:pensez|trouvez|croyez))\b",
            rf"\bvous (?:etiez|etes|avez ete|devez etre|deviez etre|semblez|vous sentiez)"
            rf" (?:\w+ )?(?:{_FR_FEELING})\b|\b(?:etiez|etes)-vous (?:\w+ )?(?:{_FR_FEELING})\b",
            rf"\b(?:a quel point|combien) (?:[\w'-]+ ){{0,4}}(?:{_FR_FEELING}|{_FR_VERDICT})\b",
            rf"\b(?:si|tellement|tres) (?:{_FR_FEELING}|{_FR_VERDICT})\b",
            rf"\b(?:{_FR_INVERTED}|est-ce que)\b[^.?!]*\b(?:{_FR_FEELING}|{_FR_VERDICT}"
            r"|parce que|a cause|du a|ignoree?|oubliee?|jetee?)\b[^.!]*\?",
            r"\bqu'est-ce qui vous a (?:\w+ )?(?:decue?|enervee?|frustree?|agacee?|derangee?|plu"
            r"|contrariee?|inquietee?)\b",
            r"\bavez-vous (?:aime|adore|deteste)\b|\b(?:evidemment|surement|certainement)\b"
            r"|\b(?:cela|ca) a du etre\b|\bj'imagine que\b",
        ),
        "praise": (
            r"\b(?:excellente?|bonne?|interessante?|belle|super|precieu(?:x|se)|pertinente?)"
            r" (?:point|question|reponse|remarque|observation|exemple|idee|retour|commentaire)\b",
            r"\b(?:ravie?|heureu(?:x|se)|contente?)s? (?:de l'|de le|d'apprendre|d'entendre"
            r"|que|qu')",
            r"(?:^|[.!?] )\W*(?:super|genial|parfait|excellent|formidable|fantastique|bravo"
            r"|tres bien|interessant|magnifique)\s*[!,.]",
            r"\bc'est (?:tres |vraiment |bien )?(?:interessant|genial|utile|super|frustrant"
            r"|comprehensible|terrible|precieux|decevant)\b(?![^.!]*\?)",
            r"\btres (?:utile|interessant|precieux|instructif)\b"
            r"|\bvous avez (?:tout a fait )?raison\b"
            r"|\bbien dit\b|\bcela se comprend\b",
            r"\b(?:j'apprecie|nous apprecions) (?:beaucoup )?votre (?:franchise|honnetete|patience"
            r"|sincerite)\b",
        ),
        "promise": (
            r"\b(?:rembourser|indemniser|dedommager|remplacer|renverr|enverr|livrer|rappeller"
            r"|appeller|contacter|recontacter|resoudr|corriger|verifier|ameliorer|paier|payer|recevr"
            r"|reviendr|occuper|reparer)(?:ons|ai|as|a|ez|ont)\b",
            r"\b(?:allons|vais|va|vont|allez) (?:vous |le |la |y |tout |nous )*(?:rembourser"
            r"|indemniser|dedommager|remplacer|envoyer|renvoyer|appeler|rappeler|contacter|resoudre"
            r"|corriger|ameliorer|payer|regler|recevoir|livrer|occuper)\b",
            r"\b(?:remboursements?|rembourse(?:e|s|es)?|indemnisations?|dedommagements?"
            r"|compensations?|bons? d'achat|geste commercial)\b",
            r"\bgaranti\w*|\bpromet\w*|\bpromis\b|\bpromesses?\b|\b(?:je|nous) vous assur\w+"
            r"|\bcomptez sur nous\b",
        ),
        "promise_statement": (
            r"\bne se (?:reproduira|repetera) (?:plus|pas)\b|\bn'arrivera (?:plus|pas)\b",
            r"\b(?:dans les|sous|d'ici) (?:\d+|une?|deux|trois|prochaine?s?|quelques)"
            r" (?:\w+ )?(?:heures?|jours?|minutes?|semaines?)\b|\bdes que possible\b"
            r"|\bau plus vite\b"
            r"|\bd'ici (?:demain|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)\b",
        ),
        "blame": (
            r"\bfautes?\b|\bfautifs?\b|\bcoupables?\b|\bnegligen\w*|\bincompeten\w*",
            r"\b(?:notre|votre|son|leur|mon) (?:propre )?(?:erreur|manquement)\b"
            r"|\berreur (?:de notre part|de votre part|du \w+|de l')",
            r"\baur(?:ais|ait|aient|ions|iez) du\b",
            r"\bnous (?:nous sommes trompes|avons echoue|avons failli|avons mal|avons commis"
            r"|assumons)\b",
            r"\bvous (?:avez oublie|vous etes trompee?|n'avez pas (?:lu|suivi|verifie))\b",
        ),
    },
    "pt": {
        "compound": (
            rf"\b(?:e|ou|mas|tambem)\b,? (?:tambem )?(?:(?:a|de|com) )?{_PT_WHO}\b",
            r"[?,] (?:e|ou) (?:foi|houve|avisaram|ele|ela|voce|teve|chegou|recebeu|pode"
            r"|o \w+ foi)\b",
            rf"^\W*{_PT_WHO}\b[^?]*, {_PT_WHO}\b",
        ),
        "leading": (
            r", ?(?:nao(?: e| foi| acha)?|certo|ne|correto|verdade|sim|ok|nao e verdade)\s*\?",
            r"(?:^|[.!?] )\W*nao (?:e|foi|acha|houve|estava|ficou|pensa)\b[^?]*\?",
            rf"\b(?:estava|esteve|esta|ficou|se sentiu|deve estar|deve ter ficado)"
            rf" (?:\w+ )?(?:{_PT_FEELING})\b",
            rf"\b(?:quao|tao) (?:\w+ )?(?:{_PT_FEELING}|{_PT_VERDICT})\b",
            r"\bo qu(?:e|anto) (?:mais |isso )?(?:lhe |o |a |te )?(?:irritou|frustrou|decepcionou"
            r"|incomodou|agradou|chateou|preocupou)\b",
            rf"(?:^|[.!?] )\W*(?:[oa] \w+ )?(?:foi|era|estava|houve|achou)\b[^.?!]*"
            rf"\b(?:{_PT_FEELING}|{_PT_VERDICT}|porque|por causa|devido a|ignorou|esqueceu"
            r"|jogou)\b[^.!]*\?",
            r"\b(?:obviamente|certamente|claramente|imagino que|deve ter sido)\b"
            r"|\b(?:gostou|adorou|odiou|detestou) d",
        ),
        "praise": (
            r"\b(?:excelente|otim[oa]|bom|boa|interessante|valios[oa]) (?:ponto|pergunta|resposta"
            r"|comentario|observacao|exemplo|ideia|sugestao)\b",
            r"\b(?:que|muito) (?:bom|bem|interessante|util|legal)\b(?=[!.,])"
            r"|\bque (?:bom|otimo|legal)\b",
            r"\b(?:fico|ficamos|estou) (?:muito )?(?:feliz|contente|satisfeit[oa])\b"
            r"|\b(?:me|nos) alegra\b",
            r"(?:^|[.!?] )\W*(?:otimo|perfeito|excelente|maravilha|fantastico|legal|incrivel|bravo"
            r"|genial|interessante)\s*[!,.]",
            r"\bisso (?:e|foi|parece|soa) (?:muito |realmente )?(?:interessante|util|otimo|bom"
            r"|terrivel|frustrante|compreensivel|valioso)\b(?![^.!]*\?)",
            r"\bmuito (?:util|interessante|valios[oa]|gentil)\b|\btem (?:toda a )?razao\b"
            r"|\bfaz sentido\b|\bbem dito\b",
            r"\b(?:agradeco|agradecemos|aprecio|apreciamos) (?:muito )?(?:a )?sua (?:sinceridade"
            r"|honestidade|franqueza|paciencia)\b",
        ),
        "promise": (
            r"\b(?:reembolsar|devolver|compensar|indenizar|pagar|resolver|solucionar|enviar|reenviar"
            r"|substituir|ligar|contatar|investigar|entregar|garantir|melhorar|cuidar|entrar"
            r"|receber)(?:emos|ei|a|ao)\b",
            r"\b(?:vamos|vou|vai|vao|iremos|ira) (?:\w+ )?(?:reembolsar|devolver|compensar"
            r"|indenizar|pagar|resolver|solucionar|enviar|reenviar|substituir|trocar|ligar|telefonar|contatar"
            r"|investigar|melhorar|garantir|receber|entrar em contato)\b",
            r"\b(?:reembols\w+|indeniza\w+|compensac\w+|vale-compras?|cupom|cupons|estornos?"
            r"|descontos?|dinheiro de volta)\b",
            r"\bgarant(?:imos|o|ia|id[oa])\b|\bpromet\w+|\bpromessa\b|\basseguramos\b|\basseguro\b"
            r"|\bpode contar\b",
        ),
        "promise_statement": (
            r"\bnao (?:se repetira|vai se repetir|vai acontecer|voltara a \w+|acontecera)\b",
            r"\b(?:em(?: ate)?|dentro de) (?:\d+|uma?|dois|duas|tres|poucas|poucos)"
            r" (?:horas?|dias?|minutos?|semanas?)\b|\bo mais rapido possivel\b"
            r"|\bo quanto antes\b"
            r"|\bate (?:amanha|segunda|terca|quarta|quinta|sexta|sabado|domingo|o fim)\b",
        ),
        "blame": (
            r"\bculpa\w*\b|\bnegligen\w*|\bincompeten\w*",
            r"\b(?:nosso|nossa|seu|sua|deles?|delas?) (?:propri[oa] )?(?:erro|falha|engano)\b"
            r"|\b(?:erro|falha) (?:noss[oa]|d[oa]s? \w+)",
            r"\b(?:deveri(?:a|am|amos)|devia|deviam|deviamos) ter\b",
            r"\b(?:nos enganamos|falhamos|erramos|cometemos um|assumimos)\b",
            r"\b(?:se esqueceu|esqueceu de|nao leu|nao seguiu|se enganou)\b",
        ),
    },
}

PATTERNS: Mapping[str, Mapping[WordRule, re.Pattern[str]]] = {
    language: {rule: re.compile("|".join(sources)) for rule, sources in rules.items()}
    for language, rules in _SOURCES.items()
}

NEGATION: Mapping[str, re.Pattern[str]] = {
    "en": re.compile(r"\b(?:not|no|never|cannot|unable|nor|without|neither)\b|n't\b"),
    "es": re.compile(r"\b(?:no|nunca|tampoco|ni|sin)\b"),
    "fr": re.compile(r"\b(?:ne|pas|jamais|aucune?|sans|ni)\b|\bn'"),
    "pt": re.compile(r"\b(?:nao|nunca|nem|sem|nenhuma?)\b"),
    "de": re.compile(r"\b(?:nicht|kein\w*(?! problem)|nie|niemals|ohne|weder)\b"),
}
"""A promise word after one of these, in the same sentence, promises nothing."""
NEGATES_LATER = frozenset(("de",))  # where the negation may also follow: "Erstattungen ... nicht"

# Context key -> how a question asks for what it holds.
# What makes a question an open one, and what makes it one for reasons or for anything at all.
OPEN: Mapping[str, re.Pattern[str]] = {
    "en": re.compile(r"\b(?:what|how|which|who|whom|whose|where|when)\b"),
    "es": re.compile(r"\b(?:que|como|cual(?:es)?|quien(?:es)?|donde|cuando|cuant[oa]s?)\b"),
    "de": re.compile(r"\b(?:was|wie|welche[rsnm]?|wer|wen|wem|wessen|wann|wo\w*|inwie\w+)\b"),
    "fr": re.compile(
        r"\b(?:que|quoi|(?:la|le|les)?quel(?:le)?s?|qui|comment|combien|ou|quand)\b|\bqu'"
    ),
    "pt": re.compile(r"\b(?:que|como|qual|quais|quem|onde|quando|quant[oa]s?)\b"),
}
NOT_OPEN: Mapping[str, re.Pattern[str]] = {
    "en": re.compile(r"\b(?:why|how come)\b|^\W*what else(?: \w+)?\W*$|\bmore about (?:it|that)\b"),
    "es": re.compile(r"\bpor que\b|^\W*(?:y )?que mas(?: \w+)?\W*$"),
    "de": re.compile(r"\b(?:warum|wieso|weshalb)\b|^\W*(?:und )?was (?:noch|sonst)(?: \w+)?\W*$"),
    "fr": re.compile(r"\bpourquoi\b|^\W*quoi d'autre\W*$"),
    "pt": re.compile(r"\bpor que\b|^\W*(?:e )?o que mais(?: \w+)?\W*$"),
}

ASKS_FOR: Mapping[str, Mapping[str, re.Pattern[str]]] = {
    "en": {
        "delivered_at": re.compile(
            r"^\W*(?:(?:on|at) )?(?:when (?:exactly )?(?:was|did|is|has)|what (?:day|date|time)"
            r"|which (?:day|date))"
            r"\b[^?]*\b(?:deliver|arriv|receiv|come|came|get|got|turn(?:ed)? up)"
        ),
        "carrier": re.compile(
            r"\b(?:which|what) (?:carrier|courier|(?:delivery|shipping) (?:company|service)|company"
            r" (?:delivered|brought))|\bwho (?:delivered|brought|shipped|carried) (?:it|the|your)"
            r"|\bwho (?:is|was) (?:the|your) (?:carrier|courier)"
        ),
        "shipment_ref": re.compile(
            r"\b(?:tracking|order|shipment|parcel|consignment|reference|load|po) (?:number|no\b"
            r"|id\b"
            r"|code)"
        ),
        "item": re.compile(
            r"\bwhat (?:did you (?:order|buy)|(?:item|product)s?\b|was (?:in|inside) (?:it\b"
            r"|the (?:box|parcel|package)(?! like)))|\bwhich (?:item|product)\b"
        ),
        "account_name": re.compile(
            r"\b(?:which|what) (?:company|organi[sz]ation|business|account)\b"
            r"|\bwho do you work for\b"
            r"|\bname of your (?:company|business)\b"
        ),
        "contact_role": re.compile(
            r"\bwhat(?:'s| is) your (?:\w+ )?(?:role|position|job|title|function)\b"
        ),
        "renewal_date": re.compile(
            r"\bwhen (?:is|does|will) (?:the|your|our) (?:contract|renewal|agreement)"
        ),
        "claim_outcome": re.compile(
            r"\bwhat was the (?:outcome|result|decision)\b|\bwas (?:the"
            r"|your) claim (?:paid"
            r"|denied|accepted|rejected|approved)\b|\bhow was (?:the|your) claim (?:decided"
            r"|closed)\b"
        ),
        "claim_opened_at": re.compile(
            r"^\W*when (?:did you (?:open|file|submit|make)|was) (?:the|your|this) claim\b"
        ),
        "option_chosen": re.compile(r"\bwhich (?:option|choice) did you (?:choose|pick|take)\b"),
        "value": re.compile(r"\bwhat (?:is|was) (?:the|your) (?:\w+ )?(?:score|rating|otif|nps)\b"),
    },
    "es": {
        "delivered_at": re.compile(
            r"¿\s*(?:cuando|que dia|en que fecha|a que hora|que fecha)\b[^?]*\b(?:entreg|lleg"
            r"|recib)"
        ),
        "carrier": re.compile(
            r"\b(?:que|cual) (?:transportista|mensajeria|empresa de (?:transporte|mensajeria"
            r"|reparto)"
            r"|compania de)|\bquien (?:le )?(?:entrego|trajo|llevo) (?:el|su|la)"
        ),
        "shipment_ref": re.compile(
            r"\b(?:numero|codigo) de (?:seguimiento|pedido|envio|referencia|orden)\b"
        ),
        "item": re.compile(
            r"\bque (?:pidio|compro|producto|articulo|habia en (?:el|la) (?:paquete|caja))\b"
        ),
        "account_name": re.compile(
            r"\b(?:que|cual|para que) (?:es su )?(?:empresa|compania)\b(?! (?:le )?(?:atiende"
            r"|compara))"
        ),
        "contact_role": re.compile(r"\b(?:cual es su|que) (?:cargo|puesto|funcion)\b"),
        "renewal_date": re.compile(r"\bcuando (?:es|vence|termina|se renueva)\b[^?]*contrato"),
        "claim_outcome": re.compile(
            r"\bcual fue (?:el resultado|la decision|la resolucion)\b|\b(?:se"
            r"|le) (?:pago"
            r"|acepto|rechazo|denego) (?:la|su) reclamacion\b"
        ),
        "claim_opened_at": re.compile(r"¿\s*cuando (?:abrio|presento|puso|hizo)\b[^?]*reclamacion"),
        "value": re.compile(r"\bcual (?:es|fue) (?:la|su) (?:nota|puntuacion|valoracion)\b"),
    },
    "de": {
        "delivered_at": re.compile(
            r"^\W*wann kam (?:das|die|ihre?) (?:paket|sendung|lieferung|bestellung|ware)\b"
            r"|^\W*(?:wann (?:wurde|kam|ist|haben|war)|an welchem tag|um wie viel uhr"
            r"|welches datum)"
            r"\b[^?]*\b(?:geliefert|zugestellt|angekommen|erhalten|bekommen|kam|gekommen|da\b)"
        ),
        "carrier": re.compile(
            r"\bwelche[rsn]? (?:spediteur|zusteller|paketdienst|lieferdienst|versanddienst\w*"
            r"|spedition)"
            r"|\bwer hat (?:es |das paket |die sendung |ihr paket )?(?:geliefert|gebracht"
            r"|zugestellt)"
        ),
        "shipment_ref": re.compile(
            r"\b(?:sendungs|bestell|auftrags|tracking|referenz|paket)-?nummer\b"
        ),
        "item": re.compile(
            r"\bwas (?:haben sie|hatten sie) (?:\w+ )?(?:bestellt|gekauft)\b|\bwelche[ns]?"
            r" (?:artikel|produkt|ware)\b|\bwas war (?:in dem|im) (?:paket|karton)\b"
        ),
        "account_name": re.compile(
            r"\b(?:welche[sr]?|fur welche[sr]?) (?:firma|unternehmen)\b|\bwie heißt ihr\w* (?:firma"
            r"|unternehmen)\b"
        ),
        "contact_role": re.compile(
            r"\b(?:was ist|welche ist) ihre? (?:funktion|rolle|position|stelle)\b"
        ),
        "renewal_date": re.compile(
            r"\bwann (?:lauft|endet|wird|ist)\b[^?]*\b(?:vertrag|verlanger)"
        ),
        "claim_outcome": re.compile(
            r"\bwie (?:wurde|ist) (?:ihre?|die|der) (?:reklamation|schaden\w*|fall) (?:entschieden"
            r"|ausgegangen)\b|\bwas war das ergebnis\b"
        ),
        "claim_opened_at": re.compile(
            r"^\W*wann haben sie\b[^?]*\b(?:reklamation|reklamiert|schaden gemeldet)"
        ),
        "value": re.compile(
            r"\b(?:wie ist|was ist|wie war) (?:ihre?|die|der) (?:note|wert|bewertung)\b"
        ),
    },
}

NEVER_SAID = ("carrier", "item", "account_ref", "claim_ref", "tracking_code", "contact_title")
"""Context that is known and no message names."""

ALSO_ASKS: Mapping[str, tuple[str, ...]] = {
    "contact_role": ("contact_role", "contact_title"),
    "shipment_ref": ("shipment_ref", "tracking_code", "order_ref"),
}
"""Where one question asks for what any of several keys holds."""

PERSONAL = re.compile(
    r"(?P<mail>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
    r"|(?P<iban>\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}\b)"
    r"|(?P<number>(?<![\w.,:])\+?\(?\d(?:[ ().\-/]{0,2}\d){6,}(?![\w:]))"
    r"|(?P<street>\b\d{1,5}[a-z]? (?:[A-Z][\w'.-]+ ){1,3}(?:Street|St|Road|Rd|Avenue|Ave|Lane|Drive"
    r"|Close|Court|Way|Boulevard|Blvd)\b|\b(?:[Cc]alle|[Aa]venida|[Pp]laza"
    r"|[Pp]aseo) (?:de(?: la)? )?"
    r"[A-ZÁÉÍÓÚÑ]\w+(?: \w+){0,3},? (?:n[.º°]? ?)?\d+|\b[A-ZÄÖÜ]\w*(?:straße|strasse|str\.|weg"
    r"|platz"
    r"|gasse|allee) \d+\w?)"
    r"|(?P<postcode>\b[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b)"
)
"""Contact and payment details in a message as it was written (not folded)."""

DATE_OR_TIME = re.compile(
    r"\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?)?\b|\b\d{1,2}[./]\d{1,2}[./]\d{2,4}\b"
    r"|\b\d{1,2}[:.]\d{2}\b"
)
LINK = re.compile(
    r"\bhttps?://(?P<url>[^\s/?#]+)\S*|\bwww\.(?P<www>[^\s/?#]+)\S*"
    r"|(?<![@\w.])(?P<bare>(?:[a-z0-9-]+\.)+(?:com|net|org|io|ly|co|app|dev|info|biz|link|shop|me"
    r"|gl"
    r"|uk|de|es|fr|pt|it|nl|eu|us|ru|cn))\b(?:/\S*)?",
    re.IGNORECASE,
)
MARKUP = re.compile(
    r"\*\S|\S\*|__+|`|~~|[{}\[\]<>|\\]|^\s*#|^\s*(?:[-•*–]|\d{1,2}[.)])\s|[:;]-?[)(DP](?!\w)",
    re.MULTILINE,
)
EMOJI = re.compile(
    "[\U0001f000-\U0001faff\u2600-\u27bf\u2190-\u21ff\u2b00-\u2bff\ufe0f\u20e3\U000e0020-\U000e007f]"
)
FIELD_NAME = re.compile(r"\b[a-z]+(?:_[a-z0-9]+)+\b|\b[a-z]+(?:-[a-z]+)*:(?:true|false|null)\b")
QUOTED = re.compile(r'"[^"]*"|“[^”]*[”"]|„[^“”"]*[“”"]|«[^»]*»|‘[^’]*’(?!\w)')
