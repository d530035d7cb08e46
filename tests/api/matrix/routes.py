"""Every route by hand: which column of the table it asks for, about which things, with the smallest body that passes.

To add a route, add a line: method, path, column; `on`: the kinds of things it is asked about (`county.py` has them);
`seen`: the column without which the thing is as unknown as one that isn't there. Choose a body that is taken again and
again, or that is refused by a state or a figure (409, 422) once the right was asked for; `passed` says what else shows
that it was. Columns that are no table's: `public` (nobody need sign in), `signed` (whoever has), `own` (only who made
it), `self` (his own account: asked here without sign-in only), `any A B` (has one of them somewhere), `A|B` (either).
"""

from dataclasses import dataclass, field
from typing import Any

SDP = "application/sdp"
FRAGMENT = "application/trickle-ice-sdpfrag"
BYTES = "application/octet-stream"
NO_OFFER = "v=0\r\n"
FILE = object()  # a workbook; also as one field of a form


@dataclass(frozen=True)
class Route:
    method: str
    path: str
    column: str
    on: tuple[str, ...] = ()
    seen: str | None = None
    body: Any = None
    query: dict[str, str] = field(default_factory=dict)
    media: str | None = None
    passed: tuple[str, ...] = ()  # codes, or beginnings of the detail, of answers that come after the right

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


def _one(
    line: str, column: str, on: str = "", seen: str | None = None, body: Any = None, *passed: str, **more: Any
) -> Route:
    method, path = line.split()
    return Route(method, path, column, tuple(on.split()), seen, body, passed=passed, **more)


M, PART_OF, R, D, U = (
    "/api/meetings/{meeting_id}", "/api/meetings/{meeting_id}/items/{item_id}", "/api/recordings/{recording_id}",
    "/api/decisions/{decision_id}", "/api/users/{user_id}",
)  # fmt: skip
ALL = "planned ended joint"
FIGURES = {"way": "hands", "in_favour": 99, "against": 0, "abstained": 0, "due": 5, "present": 9}
HANDED = {
    "origin": "handed-in", "key": "key-of-a-film", "mime": "video/mp4", "bytes": 5, "pieces": 1, "start_ms": 0,
    "end_ms": 1000, "place": "村委会", "taken_wall": "2026-02-01T01:00:00Z", "reason": "断网",
}  # fmt: skip
OPINION = {"act": "opinion", "step": "no-such-step", "opinion": "agree"}
WRONG = {"entry": 1, "changes": {"title": "另一件"}, "reason": "写错了"}
QUARTER = {"quarter": "2001Q1", "entries": [{"kind": "theme_day", "on": "2001-01-01", "topic": "主题党日"}]}
OUTSIDE = {"unit": "{unit_id}", "matter": "{matter}", "title": "私下发包", "on": "2199-01-01", "found": "走访"}
NONSENSE = {"files": [{"name": "county.toml", "text": "no table"}]}
NO_FILM = {"title": "会", "kind": "organisation_life", "unit": "{unit_id}", "recorded": True}
STROKES = {"document": "0" * 64, "width": 300, "height": 100, "strokes": [[[0, 0], [90, 40]]]}
WHY = {"reason": "查证"}
DAY = "2001-01-01"
SHA = "0" * 64
PEOPLE = {"name": "{child_name}", "level": "group", "parent": "{unit_id}"}
PARTY = {"name": "{party_name}", "level": "branch", "unit": "{unit_id}"}
ACCOUNT = {"username": "admin", "name": "另一人", "role": "member", "unit": "{unit_id}"}
PART = {"title": "又一项", "matter": "{matter}", "decision": "dec_missing"}
RECORD = {"unit": "{unit_id}", "matter": "{matter}", "title": "又一件", "procedure": "P0"}
OFF, SEEN = {"on": DAY}, {"on": DAY}

ROUTES: tuple[Route, ...] = (
    # --- without sign-in, and one's own account
    _one("POST /api/login", "public", body={"username": "nobody", "password": "x"}),
    _one("POST /api/login/code", "public", body={"username": "x", "code": "1", "new_password": "x"}),
    _one("GET /healthz", "public"),
    _one("GET /metrics", "public"),
    _one("GET /trust", "public"),
    _one("GET /trust/authority.crt", "public"),
    _one("GET /robots.txt", "public"),
    _one("GET /public", "public"),
    _one("GET /public/{key}", "public", "unit"),
    _one("GET /public/{key}/tables/{file}", "public", "unit"),
    _one("GET /public/{key}/object", "public", "unit"),
    _one("POST /public/{key}/object", "public", "unit"),
    _one("GET /{path}", "public"),
    _one("POST /api/logout", "self"),
    _one("POST /api/password", "self", body={"old_password": "x", "new_password": "x"}),
    _one("GET /api/me", "signed"),
    _one("GET /api/second-factor", "signed"),
    _one("POST /api/second-factor", "self", body={"password": "x"}),
    _one("POST /api/second-factor/confirm", "self", body={"code": "1"}),
    _one("POST /api/second-factor/recovery-codes", "self", body={"code": "1"}),
    _one("POST /api/second-factor/remove", "self", body={"password": "x", "code": "1"}),
    _one("GET /api/sign-ins", "signed"),
    _one("POST /api/sign-ins/end-others", "self"),
    _one("POST /api/sign-ins/{sign_in_id}/end", "own", "sign-in"),
    _one("GET /api/substitutes", "signed"),
    _one("GET /api/substitutes/candidates", "signed"),
    _one("POST /api/substitutes", "self", body={"substitute": "x", "from_on": DAY, "last_on": DAY, "reason": "x"}),
    _one("POST /api/substitutes/{substitute_id}/end", "own", "lending", None, None),
    # --- for whoever signed in
    _one("GET /api/catalogue", "signed"),
    _one("GET /api/postings", "signed"),
    _one("GET /api/status", "signed"),
    _one("GET /api/ice-servers", "signed"),
    _one("GET /api/units", "signed", query={"query": "村"}),
    _one("GET /api/party-organisations", "signed"),
    _one("GET /api/import/template.xlsx", "signed"),
    _one("POST /api/notices/attachment", "signed", body=FILE),
    _one("POST /api/feedback", "signed", body={"page": "/", "text": "字太小"}),
    _one("GET /api/feedback/mine", "signed"),
    _one("GET /api/meetings", "signed"),
    _one("GET /api/recordings", "signed"),
    _one("GET /api/decisions", "signed"),
    # --- units and people
    _one("POST /api/units", "units", "unit", None, PEOPLE),
    _one("POST /api/units/merge", "units", "unit", None,
         {"units": ["{child}"], "successor": "{child}", "on": "2026-03-01"}),
    _one("PATCH /api/units/{unit_id}", "units", "unit", None, {"name": "{unit_name}"}),
    _one("POST /api/party-organisations", "units", "unit", None, PARTY),
    _one("GET /api/bodies", "people", "unit", query={"unit": "{unit_id}"}),
    _one("GET /api/bodies/{body_id}/roster", "people", "body", "people"),
    _one("GET /api/persons", "people", "unit", query={"unit": "{unit_id}"}),
    _one("GET /api/persons/{person_id}", "people", "person", "people"),
    _one("POST /api/import", "any write", body=FILE),
    # --- accounts
    _one("GET /api/users", "any accounts"),
    _one("POST /api/users", "give", "unit", None, ACCOUNT),
    _one(f"POST {U}/reset", "reset", "account", "accounts"),
    _one(f"POST {U}/reset", "peer", "peer", "accounts"),
    _one(f"GET {U}/sign-ins", "give", "account peer", "accounts"),
    _one(f"POST {U}/sign-ins/end", "give", "account peer", "accounts"),
    _one(f"POST {U}/sign-ins/{{sign_in_id}}/end", "give", "account peer", "accounts", None, "sign-in sgn"),
    # --- meetings
    _one("POST /api/meetings", "plan", "unit", None, NO_FILM),
    _one(f"GET {M}", "look", ALL, "look"),
    _one(f"GET {M}/sites", "look", ALL, "look"),
    _one(f"GET {M}/people", "join", "room", "look"),
    _one(f"GET {M}/clock", "look", ALL, "look"),
    _one(f"GET {M}/notice-sheet", "look", ALL, "look"),
    _one(f"POST {M}/open", "chair", "ended joint", "look"),
    _one(f"POST {M}/reopen", "chair", "planned joint", "look"),
    _one(f"POST {M}/end", "chair", "planned joint", "look"),
    _one(f"POST {M}/cancel", "chair", "ended running", "look"),
    _one(f"POST {M}/break", "chair", "planned joint", "look", {"reason": "午饭"}),
    _one(f"POST {M}/resume", "chair", "planned joint", "look"),
    _one(f"POST {M}/picture", "chair", "planned joint", "look", {"publisher": None}),
    _one(f"POST {M}/notice", "send", "planned joint", "look", {"version": "{notice}"}),
    _one(f"POST {M}/items", "minute", "new-part", "look", PART, "decision dec"),
    _one(f"PATCH {PART_OF}", "minute", "part", "look", {"position": 9}),
    _one(f"POST {PART_OF}/start", "minute", "part", "look"),
    _one(f"POST {PART_OF}/end", "minute", "part", "look"),
    _one(f"POST {PART_OF}/confirm", "confirm", "part", "look"),
    _one(f"POST {PART_OF}/question", "minute", "part", "look", {"again": False}),
    _one(f"POST {PART_OF}/question/drop", "minute", "part", "look"),
    _one(f"POST {PART_OF}/bids", "minute", "part", "look", {"bidders": 3}),
    _one(f"POST {PART_OF}/votes", "minute", "live-part", "look", FIGURES),
    _one(f"POST {M}/parts", "chair", ALL, "look", {"kind": "no-such-kind"}),
    _one(f"POST {M}/parts/{{number}}/begin", "minute", "planned", "look"),
    _one(f"GET {M}/roster", "roster", ALL, "look"),
    _one(f"PUT {M}/roster/{{person_id}}", "minute", "planned running", "look", {"present": True}),
    # --- media
    _one(f"POST {M}/sessions", "join", "room joint", "look", {"sdp": NO_OFFER, "device": "abcdefgh"},
         "media.bad-offer"),
    _one(f"POST {M}/whip", "send", "running joint", "look", NO_OFFER, "media.bad-offer", media=SDP),
    _one(f"POST {M}/whep", "join", "room joint", "look", NO_OFFER, "media.bad-offer", media=SDP),
    _one(f"PATCH {M}/sessions/{{session_id}}", "own", "session", None, "a=ice-ufrag:abcd\r\n",
         "media.if-match-missing", media=FRAGMENT),
    _one(f"DELETE {M}/sessions/{{session_id}}", "own", "session"),
    _one(f"WEBSOCKET {M}/channel", "look", "joint room", "look"),
    # --- decisions
    _one("POST /api/decisions", "decide", "matter", None, RECORD),
    _one(f"GET {D}", "read", "decision", "read"),
    _one(f"GET {D}/paper", "read", "decision", "read"),
    _one(f"POST {D}/paper", "decide", "decision", "read"),
    _one(f"POST {D}/acts", "decide", "decision", "read", {"act": "done", "step": "no-such-step"}),
    _one(f"POST {D}/acts", "review", "decision", "read", OPINION),
    _one(f"POST {D}/acts", "sign", "register", "read", {"act": "sign", "step": "countersign", "on": DAY}),
    _one(f"POST {D}/plans", "decide", "decision", "read", FILE),
    _one(f"GET {D}/plans/{{number}}", "read", "decision", "read", None, "plan 99 of"),
    _one("GET /api/units/{unit_id}/decisions-for", "signed", "unit", query={"kind": "representatives_meeting"}),
    _one(f"GET {M}/foreseen", "look", ALL, "look"),
    # --- papers
    *(_one(f"GET /api/papers/{{kind}}/{{subject}}{form}", column, on, seen)
      for form in ("", "/docx")
      for on, column, seen in (("record-paper", "read", "read"), ("meeting-paper", "roster", "look"),
                               ("part-paper", "roster", "part"), ("notice-paper", "desk", "desk"))),
    *(_one(f"GET /api/papers/{{kind}}/{{subject}}{form}", "sat", "party-paper", "look") for form in ("", "/docx")),
    *(_one("GET /api/papers/{kind}/{subject}/signed", column, on, seen)
      for on, column, seen in (("record-paper", "read", "read"), ("meeting-paper", "roster", "look"),
                               ("part-paper", "roster", "part"), ("notice-paper", "desk", "desk"),
                               ("party-paper", "sat", "look"))),
    *(_one("POST /api/papers/{kind}/{subject}/signatures", column, on, seen, STROKES)
      for on, column, seen in (("record-paper", "read", "read"), ("meeting-paper", "roster", "look"),
                               ("part-paper", "roster", "part"), ("notice-paper", "desk", "desk"),
                               ("party-paper", "sat", "look"))),
    _one(f"GET {D}/signed-papers", "read", "decision", "read"),
    _one(f"GET {M}/signed-papers", "roster", ALL, "look"),
    _one(f"GET {M}/signed-papers", "sat", "party-meeting", "look"),
    _one("GET /api/desk/village/papers", "signed"),
    _one("POST /api/signed-pages", "any minute decide hang", body=FILE),
    _one("GET /api/signed-pages/{page_id}", "roster", "signed-page", "look"),
    # --- branches of the party
    _one("GET /api/branches", "any branch"),
    _one("GET /api/branches/{branch_id}", "branch", "branch", "branch"),
    _one("POST /api/branches/{branch_id}/plans", "file", "branch", "branch", QUARTER),
    _one("POST /api/branch-plans/{plan_id}/review", "agree", "branch-plan", "branch", {"opinion": "agree"}),
    _one("POST /api/branches/{branch_id}/entries/{key}/meeting", "file", "branch", "branch", None, "entry "),
    _one("POST /api/branches/{branch_id}/meetings", "file", "branch", "branch", {"meeting": "none"}, "meeting none"),
    _one("GET /api/branches/{branch_id}/attendance", "members", "branch", "branch", query={"year": "2026"}),
    _one("GET /api/me/attendance", "signed", query={"year": "2026"}),
    _one(f"GET {M}/roster", "sat", "party-meeting", "look"),
    _one(f"PUT {M}/roster/{{person_id}}/absence", "minute", "planned", "look", {"reason": "外出务工"}),
    _one(f"GET {M}/report", "members", "party-meeting", "branch", None, "meeting.wrong-state"),
    _one(f"POST {M}/report", "file", "party-meeting", "branch", {}),
    _one("GET /api/reports.xlsx", "members", "party-meeting", "branch", None, "meeting.wrong-state",
         query={"meeting": "{meeting_id}"}),
    # --- corrections, objections to minutes, gaps explained
    _one(f"POST {D}/corrections", "decide|review|sign", "decision", "read", WRONG, "correction.own"),
    _one(f"POST {D}/corrections/{{correction_id}}/word", "review|sign", "decision", "read", {"agree": True}),
    _one(f"POST {PART_OF}/minutes", "look", "part", "look", {"at_ms": 0, "text": "不是这样说的"}),
    _one(f"GET {M}/minutes", "look", "ended joint", "look"),
    _one(f"POST {M}/minutes/{{objection_id}}/finding", "chair", "minuted", "look",
         {"finding": "not-upheld", "note": "已核对"}),
    _one(f"POST {M}/minutes/{{objection_id}}/word", "sign", "minuted", "look", {"agree": True}),
    _one(f"POST {D}/minutes/{{objection_id}}/finding", "chair", "objected", "read",
         {"finding": "not-upheld", "note": "已核对"}),
    _one(f"POST {D}/minutes/{{objection_id}}/word", "sign", "objected", "read", {"agree": True}),
    _one("GET /api/gaps", "signed"),
    _one(f"GET {R}/gaps", "replay", "recording", "look"),
    _one(f"POST {R}/explanations", "explain", "recording", "look", {"gaps": ["none"], "text": "停电"}),
    _one(f"POST {R}/explanations/{{explanation_id}}/countersign", "stand", "recording", "look", None,
         "explanation "),
    # --- desks
    *(_one(f"GET /api/desk/{desk}", "any read") for desk in ("village", "town", "county", "county/affairs")),
    _one("POST /api/outside-affairs", "outside", "matter", None, OUTSIDE),
    _one("GET /api/outside-affairs/{affair_id}", "read", "affair", "read"),
    _one("POST /api/outside-affairs/{affair_id}/strike", "outside", "affair", "read", {"reason": "误录"}),
    # --- recordings
    _one(f"GET {R}", "replay", "recording", "look"),
    _one(f"GET {R}/master.m3u8", "replay", "recording", "look"),
    _one(f"GET {R}/poster.jpg", "replay", "plain-recording", "look"),
    _one(f"GET {R}/{{track_id}}.m3u8", "replay", "recording", "look"),
    _one(f"GET {R}/media/{{piece_id}}.mp4", "replay", "piece", "look"),
    _one(f"POST {R}/looks", "replay", "recording", "look", {"sitting": "sitting-1", "start_ms": 0, "end_ms": 1}),
    _one(f"GET {R}/tiles/{{track_id}}.vtt", "replay", "recording", "look"),
    _one(f"GET {R}/tiles/{{track_id}}/{{name}}", "replay", "piece", "look"),
    _one(f"GET {R}/loudness/{{track_id}}", "replay", "recording", "look"),
    _one(f"GET {R}/film.mp4", "film", "plain-recording", "look", None, "nothing of", "a track"),
    _one(f"GET {R}/quality", "replay", "recording", "look"),
    _one(f"POST {R}/quality/{{mark_id}}", "quality", "piece", "look", {"answer": "confirmed"}),
    _one("GET /api/looks", "any logs"),
    # --- films that came later
    _one(f"GET {M}/deliveries", "look", "ended joint", "look"),
    _one(f"POST {M}/deliveries", "handin", "ended", "look", HANDED),
    _one("GET /api/deliveries/{delivery_id}", "own", "upload"),
    _one("PUT /api/deliveries/{delivery_id}/pieces/{number}", "own", "upload", None, "xxxxx",
         media=BYTES, query={"sha256": SHA}),
    _one("POST /api/deliveries/{delivery_id}/complete", "own", "upload", None, {"list_sha256": SHA}),
    _one("POST /api/deliveries/{delivery_id}/countersign", "cosign", "delivery", "look"),
    _one(f"GET {R}/deliveries", "replay", "recording", "look"),
    _one(f"GET {R}/deliveries/{{delivery_id}}.m3u8", "replay", "delivery", "look", None, "delivery dlv"),
    _one(f"GET {R}/deliveries/{{delivery_id}}/{{number}}.mp4", "replay", "delivery", "look", None, "delivery dlv"),
    # --- keeping
    _one("GET /api/keeping", "any keep hold"),
    _one(f"GET {R}/keeping", "replay", "recording", "look"),
    _one(f"POST {R}/hold", "hold", "recording", "look", WHY),
    _one(f"POST {R}/hold/lift", "hold", "plain-recording", "look", WHY, "hold on"),
    _one(f"POST {R}/proposals", "keep", "recording", "look", {"kind": "look", "reason": "查证"}),
    _one("POST /api/proposals/{proposal_id}/answer", "keep", "proposal", "look", {"answer": "refuse"}),
    _one(f"GET {M}/archive.zip", "film", "planned joint", "look"),
    # --- the county's own rules
    _one("GET /api/rules", "rules", "rules"),
    _one("GET /api/rules/in-force", "rules", "rules"),
    _one("POST /api/rules/check", "rules", "rules", None, NONSENSE),
    _one("POST /api/rules/proposals", "rules", "rules", None, NONSENSE | {"reason": "试行"}),
    _one("GET /api/rules/{rules_id}", "rules", "rules", "rules"),
    _one("POST /api/rules/{rules_id}/answer", "rules", "rules", "rules", {"answer": "confirm"}),
    # --- what hangs in public
    _one("GET /api/units/{unit_id}/notices", "desk", "unit"),
    _one("POST /api/units/{unit_id}/notices", "post", "matter", None,
         {"matter": "{matter}", "title": "公示", "fields": {}, "from_on": DAY}),
    _one("POST /api/units/{unit_id}/notices/with-tables", "post", "matter", None,
         {"notice": {"matter": "{matter}", "title": "公示", "fields": {}, "from_on": DAY}, "files": FILE}),
    _one("GET /api/notices/{notice_id}/tables/{table_id}", "desk", "notice", "desk", None, "table "),
    _one("GET /api/units/{unit_id}/objections", "objections", "unit"),
    _one("GET /api/notices/{notice_id}", "desk", "notice", "desk"),
    _one("GET /api/notices/{notice_id}/paper", "desk", "notice", "desk"),
    _one("POST /api/notices/{notice_id}/off", "post", "notice", None, OFF),
    _one("POST /api/notices/{notice_id}/seen", "hang", "notice", None, SEEN),
    _one("POST /api/notices/{notice_id}/objections", "hang", "notice", None, {"text": "请核对"}),
    _one("POST /api/objections/{objection_id}/answer", "post", "objection", "objections", {"answer": "已核对"}),
    # --- 意见反馈
    _one("GET /api/feedback", "any answers"),
    _one("POST /api/feedback/{feedback_id}/answer", "answers", "message", "answers", {"answer": "已改"}),
)  # fmt: skip

# What a list holds of the county's things: path, where ids stand in a row, kinds, column.
LISTS: tuple[tuple[str, tuple[str, ...], str, str, str], ...] = (
    ("/api/meetings?limit=500", ("id",), "planned running ended joint room", "meeting_id", "look"),
    ("/api/recordings", ("id",), "recording plain-recording", "recording_id", "replay"),
    ("/api/decisions", ("id",), "decision register", "decision_id", "read"),
    ("/api/users", ("id",), "account peer", "user_id", "accounts"),
    ("/api/looks", ("recording",), "recording", "recording_id", "logs"),
    ("/api/feedback", ("id",), "message", "feedback_id", "answers"),
)
# Searches: path with {word}, kinds, the word's and the id's names in the thing, column.
SEARCHES: tuple[tuple[str, str, str, str], ...] = (
    ("/api/meetings?query={word}", "planned joint", "meeting_id", "look"),
    ("/api/recordings?query={word}", "plain-recording", "recording_id", "replay"),
    ("/api/decisions?query={word}", "decision", "decision_id", "read"),
)
