"""Words by what they can do in the name of a theme; English first, then seven other languages."""

NEGATIONS = frozenset({"no", "not", "never", "without", "sin", "kein", "keine", "nicht"})
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
FUNCTION_WORDS = frozenset(_FUNCTION_WORDS.split())
INNER = frozenset(
    "of for in on at with and to de del da do di von und y e et av på i".split()  # noqa: SIM905
)
"""Function words that a title may hold: "proof of delivery", not "order your food"."""

BEFORE_NOUNS = frozenset(
    """
    a an the my our your his its their these those another every each of with without for
    el los las un una unos unas mi su sus nuestro nuestra sin del al
    le les des du mon ma notre votre l'
    il lo gli uno della dello dei um uma os as seu sua de het een ett den det min mitt
    """.split()  # noqa: SIM905
)
WEAK = frozenset(
    """
    day days week weeks weekly month months year years hour hours minute minutes time times today
    yesterday tomorrow morning afternoon evening night noon daily ago date weekend
    one two three four five six seven eight nine ten eleven twelve fifteen twenty thirty fifty dozen
    hundred thousand half first second third fourth fifth last next eighth ninth tenth couple
    good bad fine great nice best worst better worse terrible horrible awful excellent amazing poor
    ok perfect happy pleased worried sure clear simple easy hard new old same different whole full
    small big long short right wrong back left ahead away outside inside round point points part
    parts place end side bit number case kind sort matter person people man woman guy everybody
    everyone nobody anybody somebody word words name yet quite pretty ever never always often
    monday tuesday wednesday thursday friday saturday sunday mondays tuesdays wednesdays thursdays
    fridays saturdays sundays january february march april june july august september october
    november december
    see saw seen look looked looking take took taken come came coming leave said saying told tell
    think thought happen happened happens want wanted try tried trying find found keep kept give
    gave given makes making stand stood sit sat show showed start started stop stopped call called
    calls wait waited paid pay sent send write wrote written read reads
    día días semana semanas mes meses año años hora horas vez veces hoy ayer mañana tarde noche bien
    mal lunes martes miércoles jueves viernes sábado domingo enero febrero marzo abril mayo junio
    julio agosto septiembre octubre noviembre diciembre uno dos tres cuatro cinco seis siete ocho
    nueve diez primera segunda tercera
    tag tage tagen woche wochen monat monate jahr jahre stunde stunden minuten mal heute gestern
    morgen montag dienstag mittwoch donnerstag freitag samstag sonntag januar februar märz april mai
    juni juli oktober dezember zwei drei vier fünf sechs sieben acht neun zehn gut schlecht okay
    ordnung ganzen großen grossen niemand jemand
    dia dias ano anos bom boa bem dag dagar vecka veckor bra dåligt
    """.split()  # noqa: SIM905
)
"""Words that say nothing by themselves: when, how many, how good, and what people do all day."""
