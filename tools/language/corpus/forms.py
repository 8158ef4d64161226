"""How a bound is said: patterns by meaning, in English and German.

Slots: ``{k}`` the KPI (``{K}`` in German as an object), ``{s}`` the place with its preposition,
``{a}`` the amount, ``{h:...}`` words that bound without a number. ``{m}`` a multiplying verb.
"""

from tools.language.corpus.kpis import Language
from tools.language.marks import Meaning

Forms = dict[Meaning, tuple[str, ...]]

CHANGES: dict[Language, Forms] = {
    "en": {
        Meaning.RISE_BY: (
            "(raise|lift|increase|push up|boost|bump up|grow|drive up|enlarge|turn up) the {k}{s} by [at least|some] {a}",
            "the {k}{s} (should|must|has to|needs to|ought to|is to) (go up|rise|climb|increase|grow) by [at least] {a}",
            "(I want|we need|give us|let's have|we could do with) {a} more {k}{s}",
            "{k}{s} up [by] {a}", "{k}{s}: {a} (up|more|higher)", "{k}{s} +{a}", "{k}{s}: plus {a}",
            "(get|bring|make) the {k}{s} {a} (higher|up) [than (now|today)]",
            "(could you|can you|please|would you) (raise|lift|increase|get up) the {k}{s} by {a}",
            "add {a} to the {k}{s}", "the {k}{s} (should|must) be {a} (higher|above what it is now)",
            "{a} on top of today's {k}{s}", "a {a} (rise|increase|gain) in the {k}{s}",
            "the {k}{s} has to (grow|rise) by no less than {a}", "less than {a} more {k}{s} (is pointless|will not do)",
        ),
        Meaning.FALL_BY: (
            "(lower|reduce|cut|decrease|bring down|push down|trim|shrink|slash|take down|turn down) the {k}{s} by [at least|some] {a}",
            "the {k}{s} (should|must|has to|needs to|ought to|is to) (go down|fall|drop|sink|decrease|shrink) by [at least] {a}",
            "(I want|we need|we could do with) {a} less {k}{s}",
            "{k}{s} down [by] {a}", "{k}{s}: {a} (down|less|lower)", "{k}{s} -{a}", "{k}{s}: minus {a}",
            "(get|bring|make) the {k}{s} {a} (lower|down) [than (now|today)]",
            "(could you|can you|please|would you) (lower|reduce|cut|bring down) the {k}{s} by {a}",
            "take {a} off the {k}{s}", "the {k}{s} (should|must) be {a} (lower|below what it is now)",
            "save {a} of the {k}{s}", "a {a} (cut|reduction|drop) in the {k}{s}", "do not cut the {k}{s} by less than {a}",
            "the {k}{s} has to (fall|drop) by no less than {a}", "strip {a} from the {k}{s}",
        ),
        Meaning.IMPROVE_BY: (
            "improve the {k}{s} by [at least] {a}", "the {k}{s} (should|must|has to) (improve|get better) by {a}",
            "(make|get) the {k}{s} {a} better", "{a} better {k}{s}", "the {k}{s} needs an improvement of {a}",
        ),
        Meaning.MAY_RISE_BY: (
            "the {k}{s} may (rise|grow|go up|increase) by (at most|up to|no more than) {a}", "let the {k}{s} (rise|grow) by {a} at most",
            "not more than {a} (of extra|more) {k}{s}", "(allow|tolerate) up to {a} more {k}{s}", "the {k}{s} must not (rise|grow) by more than {a}",
            "limit the (growth|increase) of the {k}{s} to {a}",
        ),
        Meaning.MAY_FALL_BY: (
            "the {k}{s} may (fall|drop|sink|go down) by (at most|up to|no more than) {a}", "let the {k}{s} (fall|drop|slip) by {a} at most",
            "(allow|tolerate) up to {a} less {k}{s}", "the {k}{s} must not (fall|drop) by more than {a}",
            "the {k}{s} (may|can) lose {a} at most", "do not (sacrifice|lose) more than {a} of the {k}{s}", "limit the loss of {k}{s} to {a}",
        ),
        Meaning.MAY_WORSEN_BY: ("the {k}{s} may get worse by {a} at most", "the {k}{s} must not (degrade|worsen) by more than {a}", "let the {k}{s} get no more than {a} worse"),
        Meaning.WITHIN: ("the {k}{s} must stay within {a} of today's value", "keep the {k}{s} within ±{a} of now", "the {k}{s} should neither rise nor fall by more than {a}"),
    },
    "de": {
        Meaning.RISE_BY: (
            "{K}{s} [bitte] um [mindestens] {a} (erhöhen|anheben|steigern|hochsetzen|vergrößern)", "(erhöhe|steigere|hebe) {K}{s} um {a}",
            "{k}{s} (soll|muss) um {a} (steigen|zunehmen|wachsen)", "{a} mehr, und zwar {k}{s}", "{k}{s}: {a} (rauf|mehr|höher)", "ich möchte {K}{s} um {a} höher haben",
        ),
        Meaning.FALL_BY: (
            "{K}{s} [bitte] um [mindestens] {a} (senken|verringern|reduzieren|drosseln|herabsetzen|kürzen)", "(senke|reduziere|verringere) {K}{s} um {a}",
            "{k}{s} (soll|muss) um {a} (sinken|fallen|abnehmen|zurückgehen)", "{k}{s}: {a} (runter|weniger|niedriger)", "wir wollen {K}{s} um {a} niedriger haben",
        ),
        Meaning.IMPROVE_BY: ("{K}{s} um {a} verbessern", "{k}{s} (soll|muss) um {a} besser werden", "verbessere {K}{s} um {a}"),
        Meaning.MAY_RISE_BY: ("{k}{s} darf um höchstens {a} (steigen|zunehmen)", "{k}{s} darf nicht um mehr als {a} steigen"),
        Meaning.MAY_FALL_BY: ("{k}{s} darf um höchstens {a} (fallen|sinken|nachgeben)", "{k}{s} darf nicht um mehr als {a} (fallen|sinken)"),
        Meaning.MAY_WORSEN_BY: ("{k}{s} darf sich um höchstens {a} verschlechtern", "{k}{s} darf nicht um mehr als {a} schlechter werden"),
        Meaning.WITHIN: ("{k}{s} darf um höchstens {a} nach oben oder unten abweichen",),
    },
}  # fmt: skip

LEVELS: dict[Language, Forms] = {
    "en": {
        Meaning.KEEP_AT_LEAST: (
            "(keep|hold|maintain) the {k}{s} (at or above|above|at|over) {a} [or (more|better)]", "the {k}{s} must (not|never) (fall|drop|go|sink) (below|under) {a}", "never let the {k}{s} (fall|drop) below {a}",
            "(keep|hold) the {k}{s} at no less than {a}", "the {k}{s} (is not allowed|is never) to be (less|lower) than {a}", "(guarantee|ensure|secure) [at least|a minimum of] {a} (for|of) {k}{s}",
            "make sure [that] the {k}{s} (stays|remains) (above|over|at or above) {a}", "a floor of {a} (for|under) the {k}{s}", "{k}{s} not (below|under|less than|lower than) {a}", "prevent the {k}{s} from (dropping|falling) below {a}", "do not let the {k}{s} go under {a}",
            "nobody may get a {k}{s} below {a}", "{a} is the least that the {k}{s} may be", "I won't accept a {k}{s} under {a}",
        ),
        Meaning.KEEP_AT_MOST: (
            "(keep|hold) the {k}{s} (at or below|below|under) {a}", "the {k}{s} must (not|never) (exceed|go above|go over|rise above|be more than|get past) {a}", "(cap|limit) the {k}{s} (at|to) {a}",
            "never let the {k}{s} (exceed|rise above) {a}", "the {k}{s} (may|can) be {a} at most", "(guarantee|ensure) a {k}{s} of (at most|no more than|not more than) {a}", "make sure [that] the {k}{s} (stays|remains) (below|under) {a}",
            "a ceiling of {a} for the {k}{s}", "{k}{s} not (above|over|more than|higher than) {a}", "prevent the {k}{s} from (going over|exceeding) {a}", "{a} is the most that the {k}{s} may be", "put a cap of {a} on the {k}{s}",
            "anything over {a} of {k}{s} is unacceptable", "the {k}{s} must stay within {a}", "{k}{s} no worse than {a}",
        ),
        Meaning.BRING_AT_LEAST: (
            "(raise|lift|increase|push|boost|get) the {k}{s} [up] to [at least] {a}", "(raise|lift) the {k}{s} (above|over|past) {a}", "the {k}{s} (should|must) (rise|climb|go up) to [at least] {a}", "bring the {k}{s} up to {a} [or (more|above)]",
            "the {k}{s} (should|must|has to|needs to) (reach|hit) [at least] {a}", "get the {k}{s} to a minimum of {a}", "we need the {k}{s} at [least] {a} or more", "{k}{s} >= {a}", "{k}{s} at least {a}", "{k}{s}: {a} or (more|better|above)", "{a} or more of {k}{s}",
        ),
        Meaning.BRING_AT_MOST: (
            "(lower|reduce|cut|bring|take|push|get) the {k}{s} down to [at most] {a}", "(lower|reduce|cut) the {k}{s} to [at most] {a} [or (less|below)]", "the {k}{s} (should|must) (fall|drop|go down) to [at most] {a}", "bring the {k}{s} (below|under|down to) {a}",
            "get the {k}{s} (below|under) {a}", "{k}{s} <= {a}", "{k}{s} at most {a}", "{k}{s}: {a} or (less|lower|below)", "we need the {k}{s} at {a} or less", "the {k}{s} (should|must) (be|come) (below|under|less than) {a}",
        ),
        Meaning.REACH: ("(bring|set|get) the {k}{s} to {a}", "{k}{s}: {a}", "we want {a} of {k}{s}", "I want a {k}{s} of {a}", "make the {k}{s} {a}"),
    },
    "de": {
        Meaning.KEEP_AT_LEAST: ("{K}{s} (über|bei mindestens|nicht unter) {a} halten", "{k}{s} darf nicht unter {a} (fallen|sinken)", "{k}{s} (muss|soll) mindestens bei {a} bleiben", "halte {K}{s} über {a}", "{k}{s} nicht unter {a}", "{k}{s} muss über {a} bleiben"),
        Meaning.KEEP_AT_MOST: ("{K}{s} (unter|bei höchstens|nicht über) {a} halten", "{k}{s} darf {a} nicht (überschreiten|übersteigen)", "{k}{s} darf nicht über {a} (steigen|gehen)", "{K}{s} auf {a} (begrenzen|deckeln)", "{k}{s} darf höchstens {a} (betragen|sein)", "{k}{s} nicht über {a}", "halte {K}{s} unter {a}"),
        Meaning.BRING_AT_LEAST: ("{K}{s} auf [mindestens] {a} (erhöhen|anheben|steigern)", "{k}{s} (soll|muss) auf [mindestens] {a} steigen", "{K}{s} auf {a} oder mehr bringen", "{k}{s}: mindestens {a}", "{k}{s} soll mindestens {a} (betragen|erreichen)"),
        Meaning.BRING_AT_MOST: ("{K}{s} auf [höchstens] {a} (senken|reduzieren|drücken|verringern)", "{k}{s} (soll|muss) (auf|unter) {a} (sinken|fallen)", "{K}{s} unter {a} bringen", "{k}{s}: höchstens {a}", "{k}{s} auf {a} oder weniger"),
        Meaning.REACH: ("{K}{s} auf {a} bringen", "{k}{s}: {a}"),
    },
}  # fmt: skip

HOLDS: dict[Language, Forms] = {
    "en": {
        Meaning.NO_RISE: ("{h:without (raising|increasing|any increase of|pushing up)} the {k}{s}", "the {k}{s} {h:must not (rise|grow|increase|go up)}", "{h:no (more|higher|increase in|rise of)} {k}{s}", "{h:do not (raise|increase|let grow)} the {k}{s}", "the {k}{s} {h:stays at or below today's value}", "{h:with no more} {k}{s} {h2:than now}"),
        Meaning.NO_FALL: ("{h:without (lowering|reducing|cutting|any loss of)} the {k}{s}", "the {k}{s} {h:must not (fall|drop|sink|decrease|go down)}", "{h:no (less|lower|reduction of|drop in)} {k}{s}", "{h:do not (lower|reduce|cut|let fall)} the {k}{s}"),
        Meaning.NO_WORSE: ("{h:without (hurting|harming|degrading|worsening|touching the)} the {k}{s}", "the {k}{s} {h:must not (get worse|deteriorate|suffer|degrade|worsen)}", "{h:keep} the {k}{s} {h2:(as it is|at least as good as now|unharmed|no worse than (now|today))}", "the {k}{s} {h:must be no worse than (now|today)}", "{h:not at the (expense|cost) of} the {k}{s}", "{h:hold} the {k}{s} {h2:at its present level}", "{h:do not (hurt|harm|degrade)} the {k}{s}", "the {k}{s} {h:should stay as it is}", "{h:with} the {k}{s} {h2:at least as good as (now|today)}"),
    },
    "de": {
        Meaning.NO_RISE: ("{k}{s} {h:darf nicht (steigen|zunehmen|wachsen)}", "{h:ohne} {K}{s} {h2:zu (erhöhen|steigern)}"),
        Meaning.NO_FALL: ("{k}{s} {h:darf nicht (sinken|fallen|abnehmen)}", "{h:ohne} {K}{s} {h2:zu (senken|verringern)}"),
        Meaning.NO_WORSE: ("{k}{s} {h:darf (nicht schlechter werden|sich nicht verschlechtern|nicht leiden)}", "{h:ohne} {K}{s} {h2:zu verschlechtern}", "{k}{s} {h:soll bleiben, wie (es|sie) ist}"),
    },
}  # fmt: skip
"""``{h2:...}`` belongs to the same bound and is left unmarked."""

FACTORS: dict[Language, tuple[str, ...]] = {
    "en": (
        "{m} the {k}{s}",
        "please {m} the {k}{s}",
        "we want to {m} the {k}{s}",
        "the {k}{s}: {m} it",
    ),
    "de": ("{K}{s} {m}", "{K}{s} bitte {m}"),
}

VAGUES: dict[Language, Forms] = {
    "en": {
        Meaning.RISE_BY: ("(raise|lift|increase|push) the {k}{s} {v}", "{v} more {k}{s}", "the {k}{s} should go up {v}"),
        Meaning.FALL_BY: ("(lower|reduce|cut) the {k}{s} {v}", "{v} less {k}{s}", "the {k}{s} should go down {v}"),
        Meaning.IMPROVE_BY: ("improve the {k}{s} {v}", "the {k}{s} (should|has to) get {v} better", "{h:do something about} the {k}{s}", "{h:fix} the {k}{s}", "{h:optimise} the {k}{s}"),
    },
    "de": {
        Meaning.RISE_BY: ("{K}{s} {v} (erhöhen|steigern|anheben)", "{v} mehr, {k}{s}"),
        Meaning.FALL_BY: ("{K}{s} {v} (senken|verringern)",),
        Meaning.IMPROVE_BY: ("{K}{s} {v} verbessern", "{k}{s} soll {v} besser werden"),
    },
}  # fmt: skip
VAGUE_WORDS: dict[Language, tuple[str, ...]] = {
    "en": ("a bit", "somewhat", "a little", "considerably", "noticeably", "as far as possible", "a good deal", "a notch", "slightly", "significantly"),
    "de": ("etwas", "ein wenig", "deutlich", "spürbar", "merklich", "ein bisschen", "erheblich"),
}  # fmt: skip

OPENINGS: dict[Language, tuple[str, ...]] = {
    "en": ("please ", "hi, ", "hello, ", "team: ", "for the record: ", "as agreed, ", "we need this: ", "kindly ", "one request: ", "today's task: ", "from the operations desk: ", "users complain, so ", "after last week's outage, ", "hey, "),
    "de": ("bitte ", "hallo, ", "eine Bitte: ", "wie besprochen: ", "Auftrag: ", "die Kunden klagen, also: "),
}  # fmt: skip
CLOSINGS: dict[Language, tuple[str, ...]] = {
    "en": (", please", ", thanks", ". Thanks!", ", that's all", "!", ".", ".", ", if you can", ". It is urgent.", ", ok?", ", as promised to the customer"),
    "de": (", bitte", ", danke", ".", ".", "!", ", und zwar bald", ", wenn möglich"),
}  # fmt: skip
JOINERS: dict[Language, tuple[str, ...]] = {
    "en": (", and ", ", but ", "; ", " and ", ", while ", ". Also, ", "; meanwhile ", ", and at the same time ", ". Besides, ", ", provided that ", ", as long as ", ". "),
    "de": (", und ", ", aber ", "; ", ", dabei ", " und ", ". Außerdem: ", ", wobei "),
}  # fmt: skip
ASIDES: dict[Language, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "en": (
        ("[ticket|case|INC] {n}: ", "re: complaint of {n}, ", "we had {n} complaints last week, so ", "it is not about {x} but this: ", "forget {x}, ", "after the work at {x}, ", "(call {n}) "),
        ("; {n} customers have written to us", " (see ticket {n})", ", unlike {x}", "; {x} is fine already", ". My extension is {n}."),
    ),
    "de": (
        ("[Ticket] {n}: ", "wegen der {n} Beschwerden: ", "nicht {x}, sondern: ", "nach den Arbeiten bei {x}: "),
        (" (siehe Ticket {n})", "; {n} Kunden haben geschrieben", "; {x} ist in Ordnung"),
    ),
}  # fmt: skip
"""What stands before and after a wish and is no part of it, with a number or a name."""
