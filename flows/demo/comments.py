"""What customers of the made-up company write, in four languages, by subject and mood."""

from __future__ import annotations

import numpy as np

#: language → mood → subject → sentences. {place} and {days} are filled in.
SENTENCES: dict[str, dict[str, dict[str, tuple[str, ...]]]] = {
    "en": {
        "good": {
            "service": (
                "The technician explained everything and cleaned up afterwards.",
                "Friendly people, I felt heard at once.",
                "My question was answered in one call, thank you.",
            ),
            "product": (
                "The new router has worked without a hitch for {days} days.",
                "Good quality, just as described.",
            ),
            "price": ("Fair price for what you get.", "The family plan saves us real money."),
            "relationship": ("They remembered my last request, that was a nice surprise.",),
            "brand": ("A company I trust and recommend to my neighbours.",),
        },
        "bad": {
            "convenience": (
                "No appointment after work, I had to take a day off.",
                "The nearest shop is an hour away and closes at five.",
                "I waited {days} days for a slot, why can I not book online?",
                "Nothing in {place} at the weekend. Please open on Saturdays.",
            ),
            "service": (
                "I had to explain the same problem three times.",
                "Nobody called back although they promised.",
            ),
            "product": ("The set-top box freezes every evening.",),
            "price": ("The bill went up again and nobody told me.",),
        },
    },
    "pl": {
        "good": {
            "service": (
                "Bardzo miła obsługa, konsultantka naprawdę słuchała.",
                "Technik przyjechał punktualnie i wszystko wyjaśnił.",
                "Sprawa załatwiona przy pierwszym telefonie, dziękuję!",
            ),
            "product": ("Internet działa bez zarzutu od {days} dni.", "Dobra jakość, zgodnie z opisem."),
            "price": ("Uczciwa cena za taką usługę.", "Pakiet rodzinny naprawdę się opłaca."),
            "relationship": ("Pamiętali o mojej poprzedniej prośbie, miłe zaskoczenie.",),
            "brand": ("Firma godna zaufania, polecam sąsiadom.",),
        },
        "bad": {
            "convenience": (
                "Brak terminów po pracy, musiałem wziąć urlop.",
                "Najbliższy punkt jest godzinę drogi stąd i zamykają o siedemnastej.",
                "Na termin czekałam {days} dni. Dlaczego nie można umówić się przez internet?",
                "W okolicy ({place}) nic nie działa w weekend. Otwórzcie w soboty!",
            ),
            "service": (
                "Trzy razy tłumaczyłem to samo.",
                "Obiecali oddzwonić i cisza. Prośba bez echa.",
            ),
            "product": ("Dekoder zawiesza się co wieczór.",),
            "price": ("Rachunek znów wzrósł i nikt mnie nie uprzedził.",),
        },
    },
    "zh-Hant": {
        "good": {
            "service": (
                "客服很有耐心，一次就解決了我的問題。",
                "師傅準時到府，講解得很清楚。",
                "感覺真的有人在聽我說話。",
            ),
            "product": ("新的路由器用了{days}天都很穩定。", "品質很好，跟介紹的一樣。"),
            "price": ("價格合理，家庭方案很划算。",),
            "relationship": ("他們還記得我上次的需求，很貼心。",),
            "brand": ("值得信賴的公司，會推薦給鄰居。",),
        },
        "bad": {
            "convenience": (
                "下班後沒有時段可以預約，只好請假在家等。",
                "最近的門市要一個小時，而且五點就關門。",
                "等了{days}天才排到時間，為什麼不能在網路上預約？",
                "{place}這一帶週末都不營業，很不方便。",
            ),
            "service": ("同樣的問題我重複說了三次。", "說好會回電，結果沒有消息。"),
            "product": ("機上盒每天晚上都當機。",),
            "price": ("帳單又漲了，事先也沒有通知。",),
        },
    },
    "zh-Hans": {
        "good": {
            "service": (
                "客服很有耐心，一次就解决了我的问题。",
                "师傅准时上门，讲解得很清楚。",
                "感觉真的有人在听我说话。",
            ),
            "product": ("新的路由器用了{days}天都很稳定。", "质量很好，和介绍的一样。"),
            "price": ("价格合理，家庭套餐很划算。",),
            "relationship": ("他们还记得我上次的要求，很贴心。",),
            "brand": ("值得信赖的公司，会推荐给邻居。",),
        },
        "bad": {
            "convenience": (
                "下班后没有时间段可以预约，只好请假在家等。",
                "最近的门店要一个小时，而且五点就关门。",
                "等了{days}天才排到时间，为什么不能在网上预约？",
                "{place}这边周末都不营业，很不方便。",
            ),
            "service": ("同样的问题我重复说了三遍。", "说好会回电话，结果没有消息。"),
            "product": ("机顶盒每天晚上都死机。",),
            "price": ("账单又涨了，事先也没有通知。",),
        },
    },
}
#: Some people write to the brim of the field; a comma, a quote and a line break must survive every format.
AWKWARD = {
    "en": 'They said "tomorrow", then "next week";\nI am still waiting.',
    "pl": 'Powiedzieli „jutro", potem "za tydzień";\nwciąż czekam.',
    "zh-Hant": "他們說「明天」，然後又說「下週」；\n我還在等。",
    "zh-Hans": "他们说“明天”，然后又说“下周”；\n我还在等。",
}
#: Complaints are mostly about what the company truly lacks: convenience.
BAD_SUBJECTS = {"convenience": 0.55, "service": 0.2, "price": 0.15, "product": 0.1}
GOOD_SUBJECTS = {"service": 0.4, "product": 0.2, "price": 0.15, "relationship": 0.1, "brand": 0.15}
AWKWARD_SHARE = 0.02


def write_comments(
    rng: np.random.Generator, languages: np.ndarray, good: np.ndarray, places: np.ndarray, share: float
) -> np.ndarray:
    """A comment for about ``share`` of the answers, in the customer's language; blank for the others.

    ``good`` says whether the answer was a good one, ``places`` where the customer lives.
    """
    size = len(languages)
    writes = rng.random(size) < share
    subjects = {
        True: rng.choice(list(GOOD_SUBJECTS), size, p=list(GOOD_SUBJECTS.values())),
        False: rng.choice(list(BAD_SUBJECTS), size, p=list(BAD_SUBJECTS.values())),
    }
    nth, days, awkward = rng.integers(0, 12, size), rng.integers(3, 30, size), rng.random(size) < AWKWARD_SHARE
    texts = np.full(size, "", dtype=object)
    for row in np.flatnonzero(writes):
        language, mood = languages[row], bool(good[row])
        if awkward[row] and not mood:
            texts[row] = AWKWARD[language]
            continue
        sentences = SENTENCES[language]["good" if mood else "bad"][subjects[mood][row]]
        texts[row] = sentences[nth[row] % len(sentences)].format(place=places[row], days=days[row])
    return texts
