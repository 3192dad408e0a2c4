"""What WhatsApp itself says in an export, in the languages it says it in."""

import re

MARKS = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\ufeff"
"""Unseen characters around what WhatsApp writes itself."""

_ATTACHED = "attached|angehängt|adjunto|anexado|joint|allegato|附件|附加|已附加|첨부|添付|прикреплен"
_OMITTED = (
    "omitted|ausgeschlossen|weggelassen|omitid[oa]|ocultad?[oa]|omis|absente?|omess[oai]|省略|忽略|略過|略去|제외|除外"
    "|без медиа|пропущен|weggelaten|hariç|dahil edilmedi|pominięto"
)
ATTACHED = re.compile(rf"\.\w{{2,5}} [(（][^()（）\n]*(?:{_ATTACHED})")
FILE = re.compile(
    rf"(?P<before>.*?)\s*[{MARKS}]*<[^<>:：\n]{{2,30}}[:：]\s?(?P<tagged>[^<>\n]+\.\w{{2,5}})>\s*"
    rf"|[{MARKS}]*(?P<plain>[^\n/\\:*?\"<>|]+\.\w{{2,5}})"
    rf" [(（][^()（）\n]*(?:{_ATTACHED})[^()（）\n]*[)）]\s*(?P<after>.*)",
    re.DOTALL,
)
"""A file that was exported along, with what was said with it."""
OMITTED = re.compile(rf"<[^<>\n]{{0,40}}(?:{_OMITTED})[^<>\n]{{0,40}}>", re.IGNORECASE)
OMITTED_KIND = re.compile(rf"[\w .\-]{{0,30}}(?:{_OMITTED})|已?(?:省略|忽略|略過)\w{{1,6}}", re.IGNORECASE)
"""``image omitted``; behind one of `MARKS` only, for people may say that, too."""
KINDS = (
    ("image", re.compile(r"image|photo|picture|sticker|gif|bild|fot[oa]|imag|immagine|图|圖|照片"
               r"|사진|画像|изображ|img-|webp")),
    ("video", re.compile(r"vid[eé]o|视频|視訊|影片|동영상|動画|видео|vid-|\.mp4|\.mov")),
    ("audio", re.compile(r"[aá]udio|voice|sprach|语音|音频|語音|音訊|음성|音声|аудио|ptt-|aud-|\.opus|\.m4a|\.mp3")),
)  # fmt: skip
EDITED = re.compile(
    rf"\s*[{MARKS}]*<[^<>\n]*(?:edited|编辑|編輯|bearbeitet|editad[oa]|modifié|modificato|изменено)[^<>\n]*>$"
)

_DELETED = (
    r"(?:this message was deleted|you deleted this message|deleted by admin.*|this message was deleted by admin.*"
    r"|diese nachricht wurde gelöscht|du hast diese nachricht gelöscht|se eliminó este mensaje"
    r"|este mensaje fue eliminado|eliminaste este mensaje|(?:esta )?mensagem (?:foi )?apagada"
    r"|você apagou (?:esta|essa) mensagem"
    r"|ce message a été supprimé|vous avez supprimé ce message|questo messaggio è stato eliminato"
    r"|hai eliminato questo messaggio|данное сообщение удалено|вы удалили данное сообщение|dit bericht is verwijderd"
    r"|[这此]?[条則则]?(?:消息|信息|訊息)已(?:被)?[删刪]除|[您你]?已?[删刪]除了?[这此]?[条則则]?(?:消息|信息|訊息)"
    r"|已[删刪]除此(?:消息|訊息)|삭제된 메시지입니다|이 메시지는 삭제되었습니다|このメッセージは削除されました)"
)
_NOTHING = (
    r"null|waiting for this message\b.*|正在等待此(?:消息|訊息).*|warten auf diese nachricht.*"
    r"|esperando (?:el|este) mensaje.*"
)
UNSAID = re.compile(rf"(?P<deleted>{_DELETED})|{_NOTHING}")
"""In the place of something that was taken back, or never came."""
NOTICES = re.compile(
    r".* (?:created group|changed the (?:subject|group name)|changed this group|created the group|hat die gruppe"
    r"|hat den betreff|creó (?:el )?grupo|cambió|criou (?:o )?grupo|mudou|a créé|a changé|ha creato|ha cambiato) .*"
    r"|.*(?:创建了|更改了|建立了|已變更|已更改|變更了).*",
    re.IGNORECASE,
)
"""What stands before a colon that is no name: the subject of a group had one in it."""
CALLS = re.compile(
    r"(?:missed |silenced )?(?:group )?(?:voice|video) call\b.*|未接.*(?:通话|來電|电话).*", re.IGNORECASE
)

YOU = {"you", "您", "你", "du", "tú", "usted", "você", "vous", "tu", "вы", "jij", "u", "あなた", "나", "회원님"}
"""The person who exported: WhatsApp does not say who that is."""

_WHO = r"(?P<who>.+?)"
JOINED = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_WHO} joined(?: (?:using|via|from|the group|this group|by)\b.*)?",
        rf".+? added {_WHO}",
        rf"{_WHO} (?:was|were) added",
        rf"{_WHO} ist (?:der gruppe|dieser gruppe|über|mithilfe|per)\b.* beigetreten",
        rf".+? (?:hat|hast) {_WHO} hinzugefügt",
        rf"{_WHO} wurden? hinzugefügt",
        rf"{_WHO} se unió\b.*",
        rf".+? añadi(?:ó|ste) a {_WHO}",
        rf"{_WHO} fue añadid[oa]",
        rf"{_WHO} entrou (?:usando|através|pelo|com)\b.*",
        rf".+? adicionou {_WHO}",
        rf"{_WHO} foi adicionad[oa]",
        rf"{_WHO} a rejoint (?:le groupe|via|en)\b.*",
        rf".+? (?:a|avez) ajouté {_WHO}",
        rf"{_WHO} è entrat[oa].*",
        rf".+? (?:ha|hai) aggiunto {_WHO}",
        rf"{_WHO}\s?(?:已)?(?:使用|通过|通過|透過|經由).*(?:加入)(?:了)?(?:此|本|这个|這個)?(?:群组|群組|群聊|社群)?",
        rf"{_WHO}\s?(?:已)?加入(?:了)?(?:此|本)?(?:群组|群組|群聊)",
        rf".+?\s?(?:已)?(?:添加|新增|加入)了\s?{_WHO}",
        rf".+?\s?已(?:添加|新增|加入)\s?{_WHO}",
        rf".+?\s?[将將]\s?{_WHO}\s?(?:添加到|加入).*",
        rf"{_WHO} (?:присоединил(?:ся|ась))\b.*",
        rf".+? добавил[аи]? {_WHO}",
        rf"{_WHO}님이 .*(?:참여|참가)했습니다",
        rf".+?님이 {_WHO}님을 추가했습니다",
    )
]
LEFT = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_WHO} left(?: the group)?",
        rf".+? removed {_WHO}",
        rf"{_WHO} (?:was|were) removed",
        rf"{_WHO} (?:hat|hast) die gruppe verlassen",
        rf".+? (?:hat|hast) {_WHO} entfernt",
        rf"{_WHO} wurden? entfernt",
        rf"{_WHO} (?:salió(?: del grupo)?|abandonó el grupo)",
        rf".+? elimin(?:ó|aste) a {_WHO}",
        rf"{_WHO} saiu(?: do grupo)?",
        rf".+? removeu {_WHO}",
        rf"{_WHO} (?:a quitté le groupe|a quitté|est parti[e·.()]*)",
        rf".+? (?:a|avez) (?:retiré|supprimé) {_WHO}",
        rf"{_WHO} (?:ha abbandonato(?: il gruppo)?|è uscit[oa])",
        rf".+? (?:ha|hai) rimosso {_WHO}",
        rf"{_WHO}\s?(?:已)?(?:退出|离开|離開)(?:了)?(?:此|本)?(?:群组|群組|群聊)?",
        rf".+?\s?(?:已)?(?:移除)(?:了)?\s?{_WHO}",
        rf".+?\s?[将將]\s?{_WHO}\s?(?:移出|移除).*",
        rf"{_WHO} (?:вышел|вышла|покинул[а]?)\b.*",
        rf".+? удалил[аи]? {_WHO}",
        rf"{_WHO}님이 나갔습니다",
    )
]
SEVERAL = re.compile(r",\s+|、|，|\s+(?:and|und|y|e|et|и)\s+|(?<=\S)\s?[和与與]\s?(?=\S)")
"""Between the names of several people."""
CHAT_NAMES = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"WhatsApp Chat (?:with|-) (.+)",
        r"WhatsApp[- ]Chat mit (.+)",
        r"Chat de WhatsApp con (.+)",
        r"Conversa do WhatsApp com (.+)",
        r"(?:Discussion|Chat) WhatsApp (?:avec|con) (.+)",
        r"Чат WhatsApp с (?:контактом )?(.+)",
        r"[与與]\s*(.+?)\s*的\s*WhatsApp\s*(?:聊天|對話|对话).*",
        r"WhatsApp\s*(?:聊天|對話)\s*-\s*(.+)",
        r"(.+?)님과 WhatsApp 대화",
    )
]
