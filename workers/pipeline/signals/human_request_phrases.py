"""How people ask for a person, in the languages of the shipped policy but for English grammar (see `wishes`).

Each line is a template: `|` stands between alternatives for one place, an empty one is left out, `_` is the space
inside an alternative, and `anruf*` is every word that begins so.
"""

from collections.abc import Iterator
from itertools import product

from desk.text.tokenizer import word_set
from workers.pipeline.signals.human_request_cjk import HARMLESS, UNSPACED

CALLED_FOR = word_set(
    """
    mensch menschen mitarbeiter mitarbeiterin berater beraterin ansprechpartner kundendienst kundenservice
    humain humaine conseiller conseillère personne opérateur opératrice humano humana persona agente asesor asesora
    operador operadora representante umano umana operatore operatrice addetto pessoa atendente mens persoon medewerker
    człowiek człowieka człowiekiem osoba konsultant konsultanta konsultantka pracownik människa människan mänsklig
    handläggare medarbetare kundtjänst insan insana kişi temsilci temsilcisi müşteri yetkili operatör
    担当者 担当 担当の方 人間 スタッフ オペレーター 有人 有人対応
    人工 人工客服 人工服务 真人 真人客服 客服 客服人员 專人 专人 活人
    """
)
"""Said alone: what the policy's automatic line asks for, and its nearest."""

GREETINGS = word_set(
    """
    please pls plz now a an the real live hi hello bitte ein einen eine s'il te vous plaît un une por favor per
    um uma alstublieft alsjeblieft graag een proszę poproszę z tack en ett lütfen bir hallo bonjour hola ciao olá hej
    merhaba danke merci gracias grazie obrigado obrigada bedankt dziękuję teşekkürler
    お願いします 请 請 谢谢 謝謝 您好 你好
    """
)
"""May stand around it."""

_TEMPLATES = {
    "de": """
    einen|eine menschen|mitarbeiter|mitarbeiterin|berater am apparat|telefon
    hätte_gern|hätte_gerne einen|eine menschen|ansprechpartner
    jemand |kann mich|uns anruf*|zurückruf*|kontaktier*
    kann mich|uns |bitte|mal jemand anrufen|zurückrufen|kontaktieren
    mit einem|nem|einer|ner|ihrem |echten|richtigen menschen|person|mitarbeiter|mitarbeiterin
    mit einem|nem|einer|ner|ihrem realen|menschlichen|anderen menschen|person|mitarbeiter|mitarbeiterin
    mit einem|nem |echten|richtigen|menschlichen berater|beraterin|kundenberater|kundenbetreuer|vorgesetzten
    mit einer|ner|ihrem |echten|richtigen|menschlichen berater|beraterin|kundenberater|kundenbetreuer|vorgesetzten
    mit einem|einer|ihrem ansprechpartner|ansprechpartnerin|sachbearbeiter|techniker|teamleiter|chef|kollegen
    mit jemandem|jemand|wem|irgendwem |vom_support|aus_ihrem_team|richtigem sprechen|reden
    mit jemandem|jemand|wem|irgendwem |vom_support|aus_ihrem_team|richtigem telefonieren|chatten|verbinden
    mit dem|eurem|ihrem|der kundendienst|kundenservice|hotline |sprechen|reden|telefonieren|verbinden
    mensch|menschen|mitarbeiter|jemanden sprechen|erreichen
    echten|echte|echter|richtigen|richtige|richtiger|menschlichen|menschlicher mensch|menschen|mitarbeiter|person
    menschlichen|menschliche|menschlicher|persönlichen ansprechpartner|hilfe|kontakt|support|kundendienst
    an einen|eine |menschlichen menschen|mitarbeiter|mitarbeiterin|kollegen weiter*|übergeben|abgeben
    brauche|möchte|will|wünsche|verlange|wollen|bitte_um einen|eine menschen|ansprechpartner|ansprechpartnerin
    rufen sie|bitte mich|uns
    ruft|ruf mich|uns
    um rückruf
    bitte rückruf
    mich|uns |bitte |jemand anrufen|zurückrufen|zurückruft
    kein|keinen|keinem bot|roboter|chatbot
    mit einer|einem bot|roboter|chatbot|maschine|computer
    bist|sind du|sie |etwa ein bot|roboter|mensch|chatbot
    ein|sich mensch|mitarbeiter |bitte das|meldet|melden|ansehen|antworten|antwortet|darum
    sich ein mensch|mitarbeiter
    ist da |überhaupt jemand
    persönlich sprechen
    """,
    "fr": """
    un|une|de|avec_un de vos conseillers|collègues|agents
    humain|humaine peut|pourrait |il|elle|t_il|t_elle |me répondre|rappeler|contacter|appeler
    personne|conseiller|quelqu'un peut|pourrait |il|elle|t_il|t_elle |me répondre|rappeler|contacter|appeler
    parler|parle|parlerais|discuter|échanger à|avec quelqu'un
    parler|parle|discuter|échanger à|avec un|une|votre |vrai|vraie|autre humain|personne|agent
    parler|parle|discuter|échanger à|avec un|une|votre |vrai|vraie|autre conseiller|conseillère|responsable
    parler|parle|discuter|échanger à|avec un|une|votre opérateur|opératrice|interlocuteur|supérieur|manager|technicien
    parler|discuter|échanger à|avec un être|membre humain|de_votre_équipe
    joindre|contacter|avoir un|une|le|votre conseiller|conseillère|humain
    joindre|contacter|avoir un|une|le|votre interlocuteur|opérateur|service_client|service_clients
    veux|voudrais|souhaite|exige|préfère|demande|d' un|une humain|conseiller|conseillère|interlocuteur|opérateur
    passez|transférez moi|nous|la_parole |à un|une|quelqu'un
    passez|transférez moi|nous à|vers un|une|quelqu'un
    mettez|mettre moi|me|nous en relation|contact
    mis|mise en relation avec
    vrai|vraie|vrais personne|humain|conseiller|être_humain|humains
    être humain
    intervention|assistance|aide|réponse|contact humaine|humain
    rappelez|appelez|rappeler|téléphonez moi|me
    me|nous rappeler|rappelle|rappeliez
    être rappelé|rappelée
    pas |à|avec|parler_à un|une robot|bot|chatbot|machine
    à|avec un|une robot|bot|chatbot|machine
    êtes vous un robot|bot|humain
    y a t il quelqu'un
    """,
    "es": """
    me|nos |puede|pueden|podría|podrían atender|atienda|llamar|llame|contestar |una|alguien persona|alguien|humano
    pónganme|póngame|pásenme|comuníquenme con un|una|alguien
    puede|pueden llamarme
    hablar|hablo|conversar|chatear|comunicarme|contactar|platicar|contacto con alguien
    hablar|hablo|conversar con|directamente_con un|una|algún|el |verdadero|verdadera|ser persona|humano
    chatear|comunicarme|contactar con|directamente_con un|una|algún|el |verdadero|verdadera|ser persona|humano
    hablar|hablo|conversar con un|una|algún|su|el agente|asesor|asesora|representante|operador|operadora
    chatear|comunicarme|contactar con un|una|algún|su|el agente|asesor|asesora|representante|operador|operadora
    hablar|hablo|comunicarme con un|una|su|el supervisor|supervisora|encargado|encargada
    hablar|hablo|comunicarme con un|una|su|el responsable|gerente|ejecutivo|técnico
    persona real|de_verdad|de_carne_y_hueso
    agente|operador|atención|ayuda|asistencia humano|humana
    ser humano
    quiero|necesito|prefiero|exijo |con|a un|una humano|ser_humano|agente|asesor|operador
    quisiera|dame|deme|pásame|páseme |con|a un|una humano|ser_humano|agente|asesor|operador
    pásame|páseme|pásenme|comuníqueme|conécteme|transfiérame|ponme|póngame con|a un|una|alguien
    que me|nos atienda|llame|llamen|conteste|responda |una|alguien
    llámame|llámenme|llámeme|llamadme
    llamarme
    me llamen|llame|devuelvan
    no |con|quiero|quiero_hablar_con un|una|más robot|bot|máquina|bots|robots
    con un|una robot|bot|máquina|chatbot
    eres un|una robot|bot|persona|humano|máquina
    hay alguien |ahí|real
    """,
    "it": """
    contattato|contattata|richiamato|richiamata|aiutato da un|una operatore|operatrice|persona|umano|qualcuno
    può|può_per_favore|potete|potrebbe rispondermi|chiamarmi|aiutarmi |un|una persona|operatore|umano
    mi può|potete|potrebbe chiamare|richiamare|contattare
    fatemi parlare con
    parlare|parlo|chattare|comunicare|discutere con qualcuno
    parlare|parlo|chattare|comunicare|discutere con un|una|il|un_vostro |vero|vera operatore|persona|umano
    parlare|parlo|chattare|comunicare|discutere con un|una|il|un_vostro |vero|vera addetto|consulente|responsabile
    parlare|parlo|chattare|comunicare con un|il|un_vostro essere_umano|impiegato|tecnico|supervisore|collega|referente
    parlare|parlo con un'operatrice|un'addetta|l'assistenza|l'operatore
    voglio|vorrei|serve|pretendo|contattare|passatemi|passami|passi |con|a un|una operatore|umano|essere_umano|addetto
    persona|operatore vera|reale|umano|umana|in_carne
    vera|reale persona
    essere umano
    assistenza|supporto|aiuto|contatto|intervento umana|umano
    richiamatemi|telefonatemi
    mi richiami|richiamate|chiami|chiamate|ricontatti|ricontattate|richiamasse
    essere richiamat*|ricontattat*
    non un|una robot|bot|macchina
    con un|una robot|bot|chatbot|macchina
    sei|siete un|una robot|bot|persona|umano|macchina
    c'è qualcuno
    in contatto con un|una|qualcuno
    """,
    "pt": """
    atendimento com|por uma|um pessoa|humano|atendente
    me pode|podem|poderia ligar|telefonar
    falar|falo|conversar|comunicar|contactar com alguém
    falar|falo|conversar|contactar com um|uma|algum |outro|verdadeiro pessoa|humano|atendente
    falar|falo|conversar|contactar com um|uma|algum |outro|verdadeiro agente|operador|operadora
    falar|falo|conversar|contactar com alguma|o|a |outro|verdadeiro pessoa|humano|atendente|agente|operador|operadora
    falar|falo|conversar com um|uma|o|a|seu responsável|gerente|supervisor|supervisora
    falar|falo|conversar com um|uma|o|a|seu representante|funcionário|colaborador|técnico
    falar|conversar com um ser_humano|assistente_humano|de_vocês
    quero|preciso|preciso_de|exijo |para|a|com|falar_com um|uma atendente|humano|ser_humano|operador
    prefiro|chame|passe|passa |para|a|com|falar_com um|uma atendente|humano|ser_humano|operador
    pessoa|atendente|agente|assistente real|humano|humana|de_verdade|de_carne_e_osso
    ser humano
    atendimento|ajuda|suporte|apoio|contacto|contato humano|humana
    me liguem|ligue|retornem|telefonem|contactem
    liguem|ligue|telefonem me|para_mim
    podem|pode |me ligar |me|para_mim
    não |é|quero|falar_com|com um|uma robô|bot|robot|máquina
    com um|uma robô|bot|robot|máquina|chatbot
    você é um|uma robô|bot|pessoa|humano|máquina
    tem|há alguém aí|aí_que
    transfira|transferir|encaminhe|encaminhar |me para|a um|uma atendente|humano|pessoa|operador|agente|responsável
    """,
    "nl": """
    iemand|medewerker|mens aan de lijn|telefoon
    een echt|echte mens|persoon|medewerker spreken
    met een|n|jullie|uw |echt|echte|levende|menselijke mens|persoon|medewerker|collega spreken|praten|bellen
    met een|n|jullie|uw |echt|echte|levende|menselijke mens|persoon|medewerker|collega chatten|verbinden|verbonden
    spreken|praten|spreek |graag|liever|nu met een|jullie |echt mens|persoon|medewerker|collega
    spreken|praten|spreek |graag|liever|nu met een|jullie echte|levende|menselijke mens|persoon|medewerker|collega
    praat|contact|chatten |graag|liever|nu met een|jullie |echt mens|persoon|medewerker|collega
    praat|contact|chatten |graag|liever|nu met een|jullie echte|levende|menselijke mens|persoon|medewerker|collega
    spreken|praten|spreek |graag|liever met iemand|jullie_klantenservice|de_klantenservice|een_leidinggevende
    praat|contact|chatten |graag|liever met iemand|jullie_klantenservice|de_klantenservice|een_leidinggevende
    met iemand |van_jullie|van_de_klantenservice|anders spreken|praten|bellen|chatten|verbinden
    met jullie|de|uw klantenservice spreken|praten|bellen
    iemand|medewerker|mens spreken
    echt|echte mens|persoon|medewerker|mensen
    menselijk|menselijke contact|medewerker|hulp|ondersteuning|hulpverlener
    wil|wens|eis|graag|geef_me|geef_mij een mens|medewerker|persoon
    verbind|verbindt me|mij|ons
    doorverbinden|doorverbonden|teruggebeld|terugbellen
    doorgeschakeld
    bel me|mij|ons
    me|mij|ons |even|alstublieft|graag bellen|opbellen
    geen bot|robot|chatbot|automatisch_antwoord
    met een |stomme bot|robot|chatbot|machine|computer
    ben je|jij|u een bot|robot|mens|echt
    is er|daar iemand |aanwezig
    """,
    "pl": """
    ktoś|człowiek|konsultant może|mógłby |do_mnie|się_ze_mną zadzwonić|skontaktować|oddzwonić
    rozmawiać|porozmawiać|pogadać|rozmowa z |żywym|prawdziwym|waszym człowiekiem|konsultantem|pracownikiem|doradcą
    rozmowy|rozmowę|kontakt|kontaktu|pomówić z |żywym|prawdziwym|waszym człowiekiem|konsultantem|pracownikiem|doradcą
    rozmawiać|porozmawiać|pogadać|rozmowa z |żywą|prawdziwą|jakąś osobą|konsultantką
    rozmowy|rozmowę|kontakt|kontaktu|pomówić z |żywą|prawdziwą|jakąś osobą|konsultantką
    rozmawiać|porozmawiać|rozmowa|rozmowy z|ze kimś|kierownikiem|przełożonym|operatorem|agentem|obsługą
    rozmowę|kontakt|kontaktu|skontaktować_się z|ze kimś|kierownikiem|przełożonym|operatorem|agentem|obsługą
    połącz*|przełącz*|przekier* |mnie|nas |proszę z|do |żywym|prawdziwym człowiekiem|człowieka|konsultantem
    połącz*|przełącz*|przekier* |mnie|nas |proszę z|do |żywym|prawdziwym konsultanta|kimś|pracownikiem|osobą
    skontaktować_się z człowiekiem|konsultantem|pracownikiem|doradcą|osobą
    chcę|potrzebuję|wolę|żądam|chciałbym|chciałabym|poproszę_o |żywego|prawdziwego człowieka|człowiekiem|konsultanta
    żyw* człowiek*
    prawdziw* człowiek*|osob*
    zadzwońcie|oddzwońcie|zadzwoń|oddzwoń |proszę do
    proszę|proszę_o |do_mnie zadzwonić|oddzwonić|telefon|oddzwonienie
    zadzwonić|oddzwonić do mnie|nas
    z botem|robotem|maszyną|automatem|chatbotem
    nie |z botem|robotem|maszyną
    jesteś|jest_pan botem|robotem|człowiekiem
    jest tam|tu ktoś|człowiek
    człowiek mi|może|mógłby |mi odpowie*|odpisać|odpisze|pomóc|przeczyta*
    """,
    "sv": """
    vill ha|få|träffa |en riktig|mänsklig människa|person
    prata|tala|snacka|chatta|pratar med en|er|någon|nån |riktig|verklig|levande|annan människa|person|handläggare
    prata|tala|snacka|chatta|pratar med en|er|någon|nån |riktig|verklig|levande|annan medarbetare|agent|chef
    prata|tala|snacka|chatta|kontakt med någon|nån|kundtjänst|kundservice|er_kundtjänst|er_support
    kontakt med en |riktig|verklig|levande människa|person|handläggare|medarbetare
    koppla|kopplad|kopplas |mig |vidare till|med en|någon|kundtjänst
    riktig|verklig|levande människa|person
    mänsklig|mänskliga|mänskligt hjälp|kontakt|support|svar|handläggare|medarbetare
    vill|kan_jag|få ha|få en |riktig|mänsklig människa|handläggare
    ring mig|upp_mig|oss|tillbaka
    bli uppringd
    någon |vänligen|från_er |kan ringa|ringer|kontakta |upp mig|oss
    ringa |upp mig|oss
    med en |dum bot|robot|maskin|chattbot|dator
    inte en bot|robot|maskin
    ingen bot|robot|chattbot
    är du en |riktig bot|robot|människa|person|maskin
    är|finns det någon |människa där
    en människa svara|svarar|läsa|läser|titta|tittar
    """,
    "tr": """
    bana |bir|gerçek_bir|canlı_bir insan|yetkili|temsilci bağla*|ver*
    insanla|biriyle|birisiyle|kişiyle|temsilciyle konuş*|görüş*|iletişim*|yazış*
    yetkiliyle|operatörle|çalışanla|görevliyle|danışmanla|müdürle konuş*|görüş*|iletişim*|yazış*
    insan|temsilci|temsilcisi|yetkili|operatör|kişi|biri|hizmetleri|çalışan ile konuş*|görüş*|iletişim*|yazış*
    temsilcisiyle|hizmetleriyle konuş*|görüş*|iletişim*
    insana|temsilciye|temsilcisine|yetkiliye|operatöre|birine|hizmetlerine|desteğe bağla*|aktar*|yönlendir*|ulaş*
    gerçek|canlı |bir insan*|kişi*|biri*|temsilci*|destek*
    beni|bizi |lütfen arayın|arayabilir*|arar|arasın*|arayınız
    bot|robot değil*|istemi*
    botla|robotla|makineyle|bilgisayarla konuş*|görüş* |istemi*
    bot|robot|insan musun*|musunuz|mısın*
    bir insan|temsilci|yetkili istiyor*|lazım|cevap*|yanıt*
    insan|temsilci|yetkili istiyor*|lazım
    kimse yok mu
    """,
}
_HARMLESS = """
    mit einem|einer mitarbeiter|person|mitarbeiterin|kollegen teil*|verknüpf*|tausch*|gemeinsam
    einen|eine person|mitarbeiter hinzufügen|einladen|anlegen|zuweisen
    agente de viajes|seguros
    agente inmobiliario|inmobiliaria|imobiliário
    hablar con un cliente
    een medewerker|persoon|mens toevoegen|uitnodigen|verwijderen|aanmaken|koppelen|inplannen|toewijzen
    insanla|biriyle|kişiyle|temsilciyle|yetkiliyle konuşmak|görüşmek istemi*
    konuşmama|görüşmeme|konuşmaya gerek
    kontakt z klient*
"""


def phrases_for_human() -> Iterator[str]:
    """All phrases that ask for a person."""
    for lines in _TEMPLATES.values():
        yield from _expand_templates(lines)
    yield from _expand_templates(UNSPACED, "")


def harmless_phrases() -> Iterator[str]:
    """What holds one of them and asks for nobody."""
    yield from _expand_templates(_HARMLESS)
    yield from HARMLESS.split()


def _expand_templates(lines: str, separator: str = " ") -> Iterator[str]:
    for line in filter(None, map(str.strip, lines.split("\n"))):
        for words in product(*(slot.split("|") for slot in line.split(" "))):
            yield separator.join(filter(None, words)).replace("_", " ")
