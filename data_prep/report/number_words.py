"""Numbers in words, in several languages, by which digits beside number words are noticed."""

import re

#: Words that mean something else as well, such as the English "one" or the French "neuf", are left out.
_WORDS = (
    "zero two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety",  # English
    "eins zwei drei vier fünf sechs sieben acht neun zehn zwölf zwanzig dreißig vierzig fünfzig hundert",  # German
    "deux trois quatre cinq sept huit dix onze douze treize quatorze quinze vingt trente quarante",  # French
    "tres cuatro cinco siete ocho nueve diez doce trece veinte treinta dois três quatro sete oito dez",  # Iberian
    "quattro cinque sette otto nove dieci venti twee drie vijf zes zeven negen tien twintig",  # Italian, Dutch
    "dwa trzy cztery pięć sześć siedem osiem dziewięć dziesięć",  # Polish
    "два три четыре пять шесть семь восемь девять десять чотири шість сім вісім",  # Russian, Ukrainian
    "iki üç dört beş altı yedi sekiz dokuz",  # Turkish
    "اثنان ثلاثة أربعة خمسة ستة سبعة ثمانية تسعة عشرة तीन चार पांच सात आठ नौ",  # Arabic, Hindi
)
#: Also two or more Chinese numerals in a row: a single one is part of many other words.
NUMBER_WORD = re.compile(rf"\b(?:{'|'.join(' '.join(_WORDS).split())})\b|[一二三四五六七八九十]{{2,}}", re.IGNORECASE)
