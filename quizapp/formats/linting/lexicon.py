"""Words the rules look for. Additions belong here when an author meets one that is missing."""

from __future__ import annotations

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


EVERYDAY = _words(
    """
    SSRI SSRIs SNRI SNRIs ECT DNA RNA mRNA ECG EEG MRI CT PET BMI GFR eGFR US USA UK EU WHO HIV AIDS ATP cAMP CO2 IQ GP
    GPs
    AM PM TV OK AUC Ki pKi EC50 IC50 Gi Gq Gs Gi/o mL mmHg kg mg ICU TSH CRP INR LDL HDL HbA1c pH FDA EMA NICE DSM ICD
    DSM-5 DSM-IV ICD-10 ICD-11 5-HT GABA NMDA AMPA BDNF REM COVID COVID-19 PTSD OCD ADHD MAO MAOI MAOIs CYP TCA TCAs
    QT QTc CNS NSAID NSAIDs PHQ-9 II III IV VI SD CANMAT WFSBP CPIC DPWG MHRA BAP APA VA DoD VA/DoD XR XL SR ER
    """
)
"""Abbreviations that a final-year student of medicine meets every day; they need not be spelt out in a question."""

EMPHASISED = _words("not never no except least most best first always only all none and or true false")
"""Words that are written in capitals to be heard, and abbreviate nothing."""

TRIALS = _words(
    """
    STAR*D CO-MED MIR VAST-D ASCERTAIN-TRD LQD OPTIMUM ELEKT-D ESCAPE-TRD
    SUSTAIN SUSTAIN-1 TRANSFORM TRANSFORM-2 ASPIRE
    THREE-D RECOVER PReDicT GENDEP GUIDED ANTLER TADS CANDI PAX-D RAPID STEP-BD EMBARC iSPOT-D REVIVE VALUE SNT
    SAINT PRIME BRIDGE KetECT
    """
)
"""Trials, known by these names; what the letters stand for helps nobody."""

RECEPTOR = re.compile(
    r"(?:5-HT|[HMDNαβκμδσ]|CYP|GABA|NMDA|AMPA|mGlu|CB|SV|AT|T|L|B|C|S|p)-?\d[A-Za-z0-9]*(?:[-/]\w+)?|[A-Z][a-z]?[+⁺²³⁻-]+|"
    r"[A-Z]{2,6}\d[A-Z0-9]*"
)
"""Names of receptors, enzymes, genes, vertebrae and ions, which are names and not abbreviations."""

ABBREVIATION = re.compile(r"(?<![\w*/-])(?:[A-Za-z]?[A-Z]{2,}[A-Za-z0-9]*(?:[-/*][A-Z0-9][A-Za-z0-9]*)*)(?![\w*])")

BRANDS = {
    "Remeron": "mirtazapine", "Zispin": "mirtazapine", "Remergil": "mirtazapine", "Avanza": "mirtazapine",
    "Tolvon": "mianserin", "Tolvin": "mianserin", "Lantanon": "mianserin",
    "Prozac": "fluoxetine", "Fluctin": "fluoxetine", "Zoloft": "sertraline", "Lustral": "sertraline",
    "Paxil": "paroxetine", "Seroxat": "paroxetine", "Celexa": "citalopram", "Cipramil": "citalopram",
    "Lexapro": "escitalopram", "Cipralex": "escitalopram", "Luvox": "fluvoxamine", "Faverin": "fluvoxamine",
    "Effexor": "venlafaxine", "Efexor": "venlafaxine", "Pristiq": "desvenlafaxine", "Cymbalta": "duloxetine",
    "Ixel": "milnacipran", "Fetzima": "levomilnacipran", "Wellbutrin": "bupropion", "Zyban": "bupropion",
    "Auvelity": "dextromethorphan", "Brintellix": "vortioxetine", "Trintellix": "vortioxetine",
    "Viibryd": "vilazodone", "Valdoxan": "agomelatine", "Edronax": "reboxetine", "Desyrel": "trazodone",
    "Oleptro": "trazodone", "Nardil": "phenelzine", "Parnate": "tranylcypromine", "Marplan": "isocarboxazid",
    "Emsam": "selegiline", "Aurorix": "moclobemide", "Manerix": "moclobemide", "Anafranil": "clomipramine",
    "Tofranil": "imipramine", "Elavil": "amitriptyline", "Saroten": "amitriptyline", "Pamelor": "nortriptyline",
    "Surmontil": "trimipramine", "Sinequan": "doxepin", "Silenor": "doxepin", "Spravato": "esketamine",
    "Ketalar": "ketamine", "Ketanest": "ketamine", "Zulresso": "brexanolone", "Zurzuvae": "zuranolone",
    "Abilify": "aripiprazole", "Rexulti": "brexpiprazole", "Vraylar": "cariprazine", "Reagila": "cariprazine",
    "Seroquel": "quetiapine", "Zyprexa": "olanzapine", "Symbyax": "olanzapine", "Risperdal": "risperidone",
    "Latuda": "lurasidone", "Caplyta": "lumateperone", "Clozaril": "clozapine", "Leponex": "clozapine",
    "Priadel": "lithium", "Lithobid": "lithium", "Eskalith": "lithium", "Quilonum": "lithium",
    "Lamictal": "lamotrigine", "Tegretol": "carbamazepine", "Depakote": "valproate", "Epilim": "valproate",
    "Valium": "diazepam", "Xanax": "alprazolam", "Ativan": "lorazepam", "Tavor": "lorazepam", "Klonopin": "clonazepam",
    "Rivotril": "clonazepam", "Ambien": "zolpidem", "Stilnox": "zolpidem", "Lunesta": "eszopiclone",
    "Provigil": "modafinil", "Modiodal": "modafinil", "Ritalin": "methylphenidate", "Concerta": "methylphenidate",
    "Cytomel": "liothyronine", "Cynomel": "liothyronine", "Zyvox": "linezolid", "Nizoral": "ketoconazole",
    "Tagamet": "cimetidine", "Dilantin": "phenytoin",
}  # fmt: skip
"""Brand name → the generic name that must stand with it."""

_PERSON = r"(?:patients?|he|she|they|who|man|woman|men|women|boy|girl|people|person|persons|student|participants?)"
BLAMING = (
    (
        re.compile(
            rf"\b{_PERSON}\s+(?:ha[sd]\s+|have\s+|had\s+|also\s+|already\s+)*fail(?:ed|s)?\b(?!\s+(?:in|at)\s+\w+\s+exam)",
            re.I,
        ),
        "the treatment did not help, or the episode has not responded",
    ),
    (
        re.compile(r"\bfailed (?:an?|one|two|three|four|five|six|several|many|both|all) (?:[\w-]+ ){0,2}?"
                   r"(?:antidepressants?|SSRIs?|SNRIs?|drugs?|medications?)\b", re.I),
        "the drug did not help",
    ),
    (re.compile(r"\bnon-?complian(?:t|ce)\b", re.I), "has not taken the tablets as prescribed; adherence"),
    (re.compile(r"\bsuffer(?:s|ed|ing|ers?)?\s+from\b|\bsufferers?\b|\bvictims? of\b", re.I), "has, or lives with"),
    (re.compile(r"\bcommit(?:s|ted|ting)?\s+suicide\b", re.I), "died by suicide"),
    (re.compile(r"\b(?:failed|successful|unsuccessful) suicide\b", re.I), "a suicide attempt; a death by suicide"),
    (re.compile(r"\b(?:drug|substance|alcohol) abusers?\b|\b(?:addicts?|alcoholics|junkies)\b", re.I),
     "a person with a substance use disorder"),
    (re.compile(r"\ban? (?:schizophrenic|depressive|bipolar|manic|alcoholic|borderline|psychotic|diabetic|epileptic)"
                r"(?=[,.;:?!]|$|\s+(?:who|on|in|with|and|is|was|has)\b)", re.I),
     "a person with the condition"),
    (re.compile(r"\b(?:schizophrenics|depressives|manics|diabetics|epileptics|the mentally ill)\b", re.I),
     "people with the condition"),
    (re.compile(r"\b(?:poor|bad|unreliable) historian\b|\bmanipulative\b|\battention-seeking\b|\bdifficult patient\b",
                re.I), "what was seen or said"),
)  # fmt: skip
"""Wording that makes a person the fault or the disease, and what to say instead."""

STOP = _words(
    """
    about above after again against also although among another because been before being below between both cannot
    could does doing down during each either else even every from further have having here hers him himself into itself
    just like likely many more most much must neither none only other ours over same shall should since some such than
    that their them then there these they this those though through under until upon very what when where whether which
    while whose will with within without would your best first next following correct right statement answer true
    false patient patients person people woman women year years week weeks month months day days after since takes
    taking taken took drug drugs treatment dose doses effect effects depression depressed antidepressant
    antidepressants her his who why how now new
    """
)
"""Words that may stand in a stem and in an option without giving anything away."""
