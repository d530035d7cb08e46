"""The fifteen steps of a verification, each tied to the attack that it stops. Each gives how much it looked at."""

from collections.abc import Callable

from storage.chain_steps import step_5_chains, step_6_payloads, step_7_checkpoints
from storage.content_steps import step_8_segments, step_9_decisions, step_10_documents
from storage.filed_step import step_15_filed
from storage.list_steps import step_1_whole, step_2_signature, step_3_lists, step_4_files
from storage.paper_step import step_14_paper
from storage.signer_step import step_11_signer
from storage.sm3_step import step_13_sm3
from storage.stamp_step import step_12_stamps
from storage.verify_check import Check

# number: what is checked, and which attack that stops; in Chinese and in English
STEPS: dict[int, tuple[str, str, str, str]] = {
    1: (
        "归档夹齐全", "the folder is whole",
        "拿残缺或冒充的文件夹充数", "a folder that only looks like an export",
    ),
    2: (
        "总清单的签名", "the signature over the list of lists",
        "改动文件后把清单也重做一遍", "files changed and the lists made anew",
    ),
    3: (
        "清单与说明文件", "lists and declarations",
        "改动清单来掩盖增删", "a changed list that hides what was added or removed",
    ),
    4: (
        "每个文件的指纹", "each file's hash",
        "改动、删除或添加文件", "a file changed, removed or added",
    ),
    5: (
        "存证链逐条相接", "each entry rests on the one before",
        "删除、插入、调换或改写记录", "entries removed, inserted, moved or rewritten",
    ),
    6: (
        "每条记录的内容", "what each entry says",
        "保留记录而改动其内容", "an entry kept, its figures changed",
    ),
    7: (
        "签名点", "checkpoints",
        "重写整条链，或截去末尾", "a chain rewritten as a whole, or its end cut off",
    ),
    8: (
        "录像分段", "segments",
        "连同清单一起替换录像", "film replaced together with its list",
    ),
    9: (
        "议事记录与录像互证", "decisions rest on recordings",
        "给决议换一场录像，或反之", "a decision given another meeting's film",
    ),
    10: (
        "文件与存证链一致", "documents say what the chains say",
        "在数据库里改了结果再导出", "figures changed in the database before the export",
    ),
    11: (
        "签名人", "who signed",
        "用自己的密钥重新签一份", "everything signed anew with another key",
    ),
    12: (
        "时间戳", "time stamps",
        "握有系统密钥的人事后补做并倒填时间", "a past made up later, by somebody who holds the hub's key",
    ),
    13: (
        "国密 SM3（用 --sm3 选做）", "SM3 (by choice: --sm3)",
        "SHA-256 将来被攻破", "a file made to fit its SHA-256, once that is broken",
    ),
    14: (
        "纸质记录的校验码（--code 输入）", "codes of paper records (typed in: --code)",
        "打印之后，存证链被退回或整条换掉", "a chain rolled back or replaced since the paper was printed",
    ),
    15: (
        "方案、公示附表与签字页", "plans, notices' tables and signed pages",
        "换掉其中一份，连清单一起重做", "one of them exchanged together with its list",
    ),
}  # fmt: skip

# As they are taken: SM3 is computed of what the others have found to be there.
ORDER: list[tuple[int, Callable[[Check], int]]] = [
    (1, step_1_whole),
    (2, step_2_signature),
    (3, step_3_lists),
    (4, step_4_files),
    (5, step_5_chains),
    (6, step_6_payloads),
    (7, step_7_checkpoints),
    (8, step_8_segments),
    (9, step_9_decisions),
    (10, step_10_documents),
    (15, step_15_filed),
    (11, step_11_signer),
    (12, step_12_stamps),
    (13, step_13_sm3),
    (14, step_14_paper),
]
