"""Which language a text is in, for texts as people send them: short, without accents, with names and two languages."""

import pytest

from routing.language import language_of

ENGLISH = """
hello
Hello?
i need someone to talk to
im not ok
i'm so tired of everything
can anyone help me
is anybody there
i cant sleep again
please help
thank you so much
my mom kicked me out
i dont know what to do
he hits me when he is drunk
i want to die
idk what to do anymore
nobody would miss me if i was gone
what is this number
are you a real person
i took all of the pills
hi i feel really alone tonight
my name is Maria and i need help
i live with Juan and he scares me
do you have someone who speaks spanish
hola i need help please
"""

SPANISH = """
hola
Hola!
HOLA
buenas noches
necesito hablar con alguien
necesito ayuda
no puedo mas
no sé qué hacer
estoy muy triste
estoy sola en casa
mi mama me pega
me quiero morir
quiero morir
no quiero vivir
tengo miedo de mi papa
nadie me quiere
ya no aguanto mas, estoy cansada de todo
hay alguien ahi?
¿están ahí?
ayúdenme porfa
me llamo Michael y necesito hablar
todo esta mal
gracias
que es este numero
no hablo ingles, puede alguien ayudarme
mi novio me pega cuando toma
es la segunda vez que pasa
"""

UNDECIDED = """
no
No.
ok
OK thanks ok gracias
si
hi
hey
yo
Maria
Juan Carlos
maria lopez
988
?
...
😭😭😭
lol
k
me
a
solo
hi como estas
help por favor
i need ayuda
estoy really sad i feel sola
[picture]
[an empty text]
asdfgh
STOP
bonjour
мне плохо
我想死
"""


ARABIC = """
مرحبا
السلام عليكم
أحتاج إلى المساعدة
لا أستطيع النوم
أنا خائفة من زوجي
هل من أحد هنا؟
اسمي Maria وأحتاج إلى من يسمعني
"""

IN_ARABIC_LETTERS = """
سلام، کسی اینجا هست؟
مجھے مدد چاہیے
و
"""


def texts(block: str) -> list[str]:
    return [text for text in block.strip().splitlines() if text]


@pytest.mark.parametrize("text", texts(ENGLISH))
def test_english_is_known(text: str) -> None:
    assert language_of(text, ["en", "es"]) == "en"


@pytest.mark.parametrize("text", texts(SPANISH))
def test_spanish_is_known(text: str) -> None:
    assert language_of(text, ["en", "es"]) == "es"


@pytest.mark.parametrize("text", [*texts(UNDECIDED), "", " "])
def test_what_does_not_say_leaves_what_was_known(text: str) -> None:
    assert language_of(text, ["en", "es"]) is None


def test_there_are_enough_of_them() -> None:
    assert len(texts(ENGLISH) + texts(SPANISH) + texts(UNDECIDED)) >= 60


def test_a_language_that_the_line_does_not_offer_is_not_answered_in() -> None:
    assert language_of("necesito hablar con alguien", ["en"]) is None


def test_a_line_may_name_the_country_of_its_language() -> None:
    assert language_of("necesito hablar con alguien", ["en-US", "es-MX"]) == "es-MX"


@pytest.mark.parametrize("text", texts(ARABIC))
def test_arabic_is_known(text: str) -> None:
    assert language_of(text, ["en", "es", "ar"]) == "ar"


@pytest.mark.parametrize("text", [*texts(IN_ARABIC_LETTERS), "hello i need someone to talk to مرحبا"])
def test_another_language_in_its_letters_is_not_arabic(text: str) -> None:
    assert language_of(text, ["es", "ar"]) is None


def test_arabic_changes_nothing_on_a_line_that_does_not_offer_it() -> None:
    assert language_of("أحتاج إلى المساعدة", ["en", "es"]) is None
