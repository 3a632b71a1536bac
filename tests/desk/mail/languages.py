"""Twelve languages of mails: how mail programs introduce, sign and pass on, and what people write themselves."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Tongue:
    """`told` is a customer's own sentence that ends as an introduction does; `ask` is what they ask."""

    ask: str
    told: str
    introduction: str
    undated_by_mail: str
    header: str
    forwarded: str
    original: str
    closing: str
    postscript: str
    device: str
    legal: str


TONGUES = {
    "en": Tongue(
        ask="Where do I find my invoice?",
        told="In spring I asked your shop twice, and the second time a colleague of yours wrote:",
        introduction="On Mon, 4 May 2026 at 10:12 AM, Help Desk <help@desk.example> wrote:",
        undated_by_mail="Help Desk <help@desk.example> wrote:",
        header="From: Help Desk <help@desk.example>\nSent: Monday, May 4, 2026 10:12 AM\nTo: Kim\nSubject: "
        "Re: invoice",
        forwarded="---------- Forwarded message ---------\nFrom: Kim <kim@post.example>\nDate: 4 May 2026\n"
        "Subject: x\nTo: us",
        original="-----Original Message-----",
        closing="Kind regards,",
        postscript="PS: The second parcel is missing too.",
        device="Sent from my iPhone",
        legal="This e-mail and any attachments are confidential and intended only for the named recipient. If "
        "you have "
        "received this e-mail in error, please notify the sender and delete it. Any unauthorised use or "
        "disclosure is "
        "prohibited and may lead to legal action.",
    ),
    "de": Tongue(
        ask="Wo finde ich meine Rechnung?",
        told="Letzte Woche habe ich angerufen, und am Abend danach schrieb mir Ihr Kollege:",
        introduction="Am Mo., 4. Mai 2026 um 10:12 Uhr schrieb Hilfe <hilfe@desk.example>:",
        undated_by_mail="Hilfe <hilfe@desk.example> schrieb:",
        header="Von: Hilfe <hilfe@desk.example>\nGesendet: Montag, 4. Mai 2026 10:12\nAn: Kim\nBetreff: AW: Rechnung",
        forwarded="Anfang der weitergeleiteten Nachricht:\n\nVon: Kim <kim@post.example>\nBetreff: x\nDatum: "
        "4. Mai 2026\nAn: wir",
        original="-----Ursprüngliche Nachricht-----",
        closing="Mit freundlichen Grüßen",
        postscript="PS: Das zweite Paket fehlt auch.",
        device="Von meinem iPhone gesendet",
        legal="Diese E-Mail enthält vertrauliche Informationen. Wenn Sie nicht der richtige Adressat sind oder diese "
        "E-Mail irrtümlich erhalten haben, vernichten Sie diese Mail. Das unerlaubte Kopieren ist gerichtlich "
        "verfolgbar.",
    ),
    "fr": Tongue(
        ask="Où puis-je trouver ma facture ?",
        told="Le mois dernier j'ai appelé deux fois, et votre collègue m'a écrit :",
        introduction="Le lun. 4 mai 2026 à 10:12, Aide <aide@desk.example> a écrit :",
        undated_by_mail="Aide <aide@desk.example> a écrit :",
        header="De : Aide <aide@desk.example>\nEnvoyé : lundi 4 mai 2026 10:12\nÀ : Kim\nObjet : RE: facture",
        forwarded="---------- Message transféré ----------\nDe : Kim <kim@post.example>\nDate : 4 mai 2026\n"
        "Objet : x\nÀ : nous",
        original="-----Message d'origine-----",
        closing="Bien cordialement,",
        postscript="PS : Le deuxième colis manque aussi.",
        device="Envoyé de mon iPhone",
        legal="Ce message est confidentiel et à l'usage exclusif de ses destinataires. Si vous avez reçu ce "
        "message par "
        "erreur, merci de le détruire et d'en avertir l'expéditeur. Toute diffusion est interdite et passible "
        "des tribunaux.",
    ),
    "es": Tongue(
        ask="¿Dónde encuentro mi factura?",
        told="El mes pasado llamé dos veces, y al final su compañera me escribió:",
        introduction="El lun, 4 may 2026 a las 10:12, Ayuda (<ayuda@desk.example>) escribió:",
        undated_by_mail="Ayuda <ayuda@desk.example> escribió:",
        header="De: Ayuda <ayuda@desk.example>\nEnviado el: lunes, 4 de mayo de 2026 10:12\nPara: Kim\n"
        "Asunto: RE: factura",
        forwarded="---------- Mensaje reenviado ---------\nDe: Kim <kim@post.example>\nFecha: 4 may 2026\n"
        "Asunto: x\nPara: nos",
        original="-----Mensaje original-----",
        closing="Un cordial saludo,",
        postscript="P.D.: También falta el segundo paquete.",
        device="Enviado desde mi iPhone",
        legal="Este mensaje es confidencial. Si ha recibido este correo por error, elimine el mensaje de su "
        "sistema. La "
        "divulgación está prohibida y puede dar lugar a acciones legales, y es exclusivamente para su destinatario.",
    ),
    "it": Tongue(
        ask="Dove trovo la mia fattura?",
        told="Il mese scorso ho chiamato due volte, e alla fine un vostro collega mi ha scritto:",
        introduction="Il giorno lun 4 mag 2026 alle ore 10:12 Assistenza <aiuto@desk.example> ha scritto:",
        undated_by_mail="Assistenza <aiuto@desk.example> ha scritto:",
        header="Da: Assistenza <aiuto@desk.example>\nInviato: lunedì 4 maggio 2026 10:12\nA: Kim\nOggetto: R: "
        "fattura",
        forwarded="---------- Messaggio inoltrato ---------\nDa: Kim <kim@post.example>\nData: 4 maggio 2026\n"
        "Oggetto: x\nA: noi",
        original="-----Messaggio originale-----",
        closing="Cordiali saluti",
        postscript="P.S. Manca anche il secondo pacco.",
        device="Inviato da iPhone",
        legal="Questo messaggio è riservato. Se avete ricevuto questa e-mail per errore siete pregati di "
        "distruggerla. La "
        "diffusione è vietata e perseguibile in tribunale.",
    ),
    "pt": Tongue(
        ask="Onde encontro a minha fatura?",
        told="No mês passado liguei duas vezes, e no fim o seu colega escreveu:",
        introduction="Em seg., 4 de mai. de 2026 às 10:12, Ajuda <ajuda@desk.example> escreveu:",
        undated_by_mail="Ajuda <ajuda@desk.example> escreveu:",
        header="De: Ajuda <ajuda@desk.example>\nEnviada em: segunda-feira, 4 de maio de 2026 10:12\nPara: "
        "Kim\nAssunto: RES: fatura",
        forwarded="---------- Mensagem encaminhada ---------\nDe: Kim <kim@post.example>\nData: 4 de maio de "
        "2026\nAssunto: x\nPara: n",
        original="-----Mensagem original-----",
        closing="Com os melhores cumprimentos,",
        postscript="PS: Falta também a segunda encomenda.",
        device="Enviado do meu iPhone",
        legal="Esta mensagem é confidencial. Se recebeu esta mensagem por engano, apague-a. A sua divulgação "
        "é proibida e "
        "sujeita a medidas judiciais, e o uso é dos destinatários.",
    ),
    "nl": Tongue(
        ask="Waar vind ik mijn factuur?",
        told="Vorige week heb ik gebeld, en de avond daarna schreef uw collega mij:",
        introduction="Op ma 4 mei 2026 om 10:12 schreef Helpdesk <hulp@desk.example>:",
        undated_by_mail="Helpdesk <hulp@desk.example> schreef:",
        header="Van: Helpdesk <hulp@desk.example>\nVerzonden: maandag 4 mei 2026 10:12\nAan: Kim\nOnderwerp: "
        "RE: factuur",
        forwarded="---------- Doorgestuurd bericht ---------\nVan: Kim <kim@post.example>\nDatum: 4 mei 2026\n"
        "Onderwerp: x\nAan: ons",
        original="-----Oorspronkelijk bericht-----",
        closing="Met vriendelijke groet,",
        postscript="PS: Het tweede pakket ontbreekt ook.",
        device="Verzonden vanaf mijn iPhone",
        legal="Dit bericht is vertrouwelijk. Als u dit bericht ten onrechte heeft ontvangen, is verspreiding niet "
        "toegestaan. Openbaarmaking is verboden en kan tot juridische stappen leiden.",
    ),
    "pl": Tongue(
        ask="Gdzie znajdę swoją fakturę?",
        told="W zeszłym tygodniu dzwoniłem dwa razy, a wieczorem Państwa pracownik napisał:",
        introduction="W dniu 4.05.2026 o 10:12, Pomoc <pomoc@desk.example> napisał(a):",
        undated_by_mail="Pomoc <pomoc@desk.example> napisał(a):",
        header="Od: Pomoc <pomoc@desk.example>\nWysłano: poniedziałek, 4 maja 2026 10:12\nDo: Kim\nTemat: "
        "Odp: faktura",
        forwarded="---------- Wiadomość przekazana ---------\nOd: Kim <kim@post.example>\nData: 4 maja 2026\n"
        "Temat: x\nDo: my",
        original="-----Wiadomość oryginalna-----",
        closing="Z poważaniem",
        postscript="PS: Brakuje też drugiej paczki.",
        device="Wysłane z iPhone'a",
        legal="Ta wiadomość jest poufna. Jeśli otrzymali ją Państwo omyłkowo, prosimy ją usunąć. Jej "
        "rozpowszechnianie "
        "jest zabronione pod groźbą drogi sądowej.",
    ),
    "sv": Tongue(
        ask="Var hittar jag min faktura?",
        told="Förra veckan ringde jag två gånger, och på kvällen skrev er kollega:",
        introduction="Den mån 4 maj 2026 kl. 10:12 skrev Hjälp <hjalp@desk.example>:",
        undated_by_mail="Hjälp <hjalp@desk.example> skrev:",
        header="Från: Hjälp <hjalp@desk.example>\nSkickat: den 4 maj 2026 10:12\nTill: Kim\nÄmne: SV: faktura",
        forwarded="---------- Vidarebefordrat meddelande ---------\nFrån: Kim <kim@post.example>\nDatum: 4 "
        "maj 2026\nÄmne: x\nTill: oss",
        original="-----Ursprungligt meddelande-----",
        closing="Med vänlig hälsning",
        postscript="PS: Det andra paketet saknas också.",
        device="Skickat från min iPhone",
        legal="Detta meddelande är konfidentiellt och endast avsett för mottagaren. Om ni har fått det av "
        "misstag kan det "
        "leda till rättsliga åtgärder.",
    ),
    "tr": Tongue(
        ask="Faturamı nerede bulabilirim?",
        told="Geçen hafta iki kez aradım, akşamına arkadaşınız bana şunu yazdı:",
        introduction="Destek <yardim@desk.example>, 4 May 2026 Pzt, 10:12 tarihinde şunu yazdı:",
        undated_by_mail="Destek <yardim@desk.example> şunu yazdı:",
        header="Kimden: Destek <yardim@desk.example>\nGönderildi: 4 Mayıs 2026 10:12\nKime: Kim\nKonu: Ynt: fatura",
        forwarded="---------- İletilen ileti ---------\nKimden: Kim <kim@post.example>\nTarih: 4 Mayıs 2026\n"
        "Konu: x\nKime: biz",
        original="-----Orijinal Mesaj-----",
        closing="Saygılarımla,",
        postscript="Not: İkinci paket de eksik.",
        device="iPhone'umdan gönderildi",
        legal="Bu e-posta gizlidir. Bu mesajı yanlışlıkla aldıysanız siliniz, aksi hukuki sonuç doğurabilir. "
        "Bu ileti "
        "yalnızca alıcısı içindir.",
    ),
    "ja": Tongue(
        ask="請求書はどこにありますか?",
        told="先週二回電話しましたが、夜になって担当の方がこう書きました:",
        introduction="2026年5月4日(月) 10:12 サポート <help@desk.example>:",
        undated_by_mail="サポート <help@desk.example> が書きました:",
        header="差出人: サポート <help@desk.example>\n送信日時: 2026年5月4日 10:12\n宛先: Kim\n件名: RE: 請求書",
        forwarded="---------- 転送メッセージ ---------\n"
        "差出人: Kim <kim@post.example>\n日付: 2026年5月4日\n件名: x\n宛先: 私",
        original="-----元のメッセージ-----",
        closing="よろしくお願いいたします。",
        postscript="追伸: 二つ目の荷物も届いていません。",
        device="iPhoneから送信",
        legal="本メールには機密情報が含まれています。誤って受信された場合は、法的措置の対象となることがあります。",
    ),
    "zh": Tongue(
        ask="我在哪里可以找到发票?",
        told="上周我打了两次电话，晚上你们的同事写道：",
        introduction="客服 <help@desk.example> 于2026年5月4日周一 10:12写道：",
        undated_by_mail="客服 <help@desk.example> 写道：",
        header="发件人: 客服 <help@desk.example>\n发送时间: 2026年5月4日 10:12\n收件人: Kim\n主题: 回复: 发票",
        forwarded="---------- 转发的邮件 ---------\n"
        "发件人: Kim <kim@post.example>\n日期: 2026年5月4日\n主题: x\n收件人: 我们",
        original="-----原始邮件-----",
        closing="此致",
        postscript="附言：第二个包裹也不见了。",
        device="发自我的iPhone",
        legal="本邮件含有机密信息，仅供指定的收件人使用。误收本邮件者须删除，否则将承担法律责任。",
    ),
}  # fmt: skip
