"""Who may do what, where: written by hand from DESIGN §8, a line each role and access class. Imports nothing of ours.

A cell says where a right of that role at a unit holds:

    .     nowhere
    own   at its unit and at all below it
    site  the same, and in meetings in which one of those units has a site
    here  at its very unit only, however it is narrowed: the room's own device is there whatever is dealt with

A line of a class other than open says it of what has that class: a part of a meeting (seen, entered while it runs,
written, confirmed, played), a record, a notice of such a matter. Dots there also stand for what has no class; that is
asked of the line `open` alone.

A right may be narrowed. To an access class: it reaches that class, where its role does, and what is open. To a category
of matter: it reaches parts, records and notices of that category only. A meeting itself has none: what is open in it is
open to whoever may look at it. What reaches every category (WHOLE) needs a right without one; who gives rights or
resets an account (UNNARROWED), one without either, or a narrowed right would make a whole one.
"""

MEETINGS = """
                     look  join  send  plan  chair minute confirm roster replay film  handin cosign quality hold  keep
admin      open      site  site  site  own   own   own    .       own    own    own   own    .      .       .     own
admin      restricted .    .     .     .     .     .      .       .      .      .     .      .      .       .     .
admin      file      .     .     .     .     .     .      .       .      .      .     .      .      .       .     .
admin      award     .     .     .     .     .     .      .       .      .      .     .      .      .       .     .
security   open      .     .     .     .     .     .      .       .      .      .     .      .      .       .     .
security   restricted .    .     .     .     .     .      .       .      .      .     .      .      .       .     .
security   file      .     .     .     .     .     .      .       .      .      .     .      .      .       .     .
security   award     .     .     .     .     .     .      .       .      .      .     .      .      .       .     .
auditor    open      .     .     .     .     .     .      .       .      .      .     .      .      .       .     .
auditor    restricted .    .     .     .     .     .      .       .      .      .     .      .      .       .     .
auditor    file      .     .     .     .     .     .      .       .      .      .     .      .      .       .     .
auditor    award     .     .     .     .     .     .      .       .      .      .     .      .      .       .     .
reviewer   open      site  site  site  .     .     .      own     own    own    .     .      .      .       .     .
reviewer   restricted own  own   .     .     .     .      own     .      own    .     .      .      .       .     .
reviewer   file      own   own   .     .     .     .      own     .      own    .     .      .      .       .     .
reviewer   award     .     .     .     .     .     .      .       .      .      .     .      .      .       .     .
organiser  open      site  site  site  own   own   own    .       own    own    .     own    .      .       .     .
organiser  restricted .    .     .     .     .     .      .       .      .      .     .      .      .       .     .
organiser  file      .     .     .     .     .     .      .       .      .      .     .      .      .       .     .
organiser  award     .     .     .     .     .     .      .       .      .      .     .      .      .       .     .
secretary  open      site  site  site  own   own   own    .       own    own    own   own    .      .       .     .
secretary  restricted own  own   .     .     .     own    .       .      own    .     .      .      .       .     .
secretary  file      own   own   .     .     .     own    .       .      own    .     .      .      .       .     .
secretary  award     own   own   .     .     .     own    .       .      own    .     .      .      .       .     .
minutes    open      site  site  site  .     .     own    .       own    own    .     own    .      .       .     .
minutes    restricted own  own   .     .     .     own    .       .      own    .     .      .      .       .     .
minutes    file      own   own   .     .     .     own    .       .      own    .     .      .      .       .     .
minutes    award     own   own   .     .     .     own    .       .      own    .     .      .      .       .     .
supervisor open      site  site  site  .     .     .      own     own    own    .     .      own    .       .     .
supervisor restricted own  own   .     .     .     .      own     .      own    .     .      .      .       .     .
supervisor file      own   own   .     .     .     .      own     .      own    .     .      .      .       .     .
supervisor award     own   own   .     .     .     .      own     .      own    .     .      .      .       .     .
inspector  open      site  site  .     .     .     .      .       own    own    own   .      .      own     own   own
inspector  restricted own  own   .     .     .     .      .       .      own    .     .      .      own     .     .
inspector  file      own   own   .     .     .     .      .       .      own    .     .      .      own     .     .
inspector  award     own   own   .     .     .     .      .       .      own    .     .      .      own     .     .
member     open      site  site  site  .     .     .      .       .      .      .     .      .      .       .     .
member     restricted .    .     .     .     .     .      .       .      .      .     .      .      .       .     .
member     file      .     .     .     .     .     .      .       .      .      .     .      .      .       .     .
member     award     .     .     .     .     .     .      .       .      .      .     .      .      .       .     .
terminal   open      site  site  site  .     .     .      .       .      .      .     .      .      .       .     .
terminal   restricted .    here  .     .     .     .      .       .      .      .     .      .      .       .     .
terminal   file      .     here  .     .     .     .      .       .      .      .     .      .      .       .     .
terminal   award     .     here  .     .     .     .      .       .      .      .     .      .      .       .     .
"""

# decide: begins, writes and prints records. sign: the supervisor's countersignature. post: puts up notices, takes them
# off, answers objections. hang: the supervisor's tick on a notice. desk: sees the desk's list of notices, which are
# public. objections: reads who objected. outside: enters, and strikes, an affair that was settled outside the system.
RECORDS = """
                     read  decide review sign  post  hang  desk  objections  outside
admin      open      own   own    .      .     own   .     own   own                  .
admin      restricted .    .      .      .     .     .     .     .                    .
admin      file      .     .      .      .     .     .     .     .                    .
admin      award     .     .      .      .     .     .     .     .                    .
security   open      .     .      .      .     .     .     .     .                    .
security   restricted .    .      .      .     .     .     .     .                    .
security   file      .     .      .      .     .     .     .     .                    .
security   award     .     .      .      .     .     .     .     .                    .
auditor    open      .     .      .      .     .     .     .     .                    .
auditor    restricted .    .      .      .     .     .     .     .                    .
auditor    file      .     .      .      .     .     .     .     .                    .
auditor    award     .     .      .      .     .     .     .     .                    .
reviewer   open      own   .      own    .     .     .     own   .                    .
reviewer   restricted own  .      own    .     .     .     .     .                    .
reviewer   file      own   .      own    .     .     .     .     .                    .
reviewer   award     .     .      .      .     .     .     .     .                    .
organiser  open      own   .      .      .     .     .     own   .                    .
organiser  restricted .    .      .      .     .     .     .     .                    .
organiser  file      .     .      .      .     .     .     .     .                    .
organiser  award     .     .      .      .     .     .     .     .                    .
secretary  open      own   own    .      .     own   .     own   own                  .
secretary  restricted own  own    .      .     own   .     .     own                  .
secretary  file      own   own    .      .     own   .     .     own                  .
secretary  award     own   own    .      .     own   .     .     own                  .
minutes    open      own   own    .      .     own   .     own   own                  .
minutes    restricted own  own    .      .     own   .     .     own                  .
minutes    file      own   own    .      .     own   .     .     own                  .
minutes    award     own   own    .      .     own   .     .     own                  .
supervisor open      own   .      .      own   .     own   own   own                  .
supervisor restricted own  .      .      own   .     own   .     own                  .
supervisor file      own   .      .      own   .     own   .     own                  .
supervisor award     own   .      .      own   .     own   .     own                  .
inspector  open      own   .      .      .     .     .     own   .                    own
inspector  restricted own  .      .      .     .     .     .     .                    own
inspector  file      own   .      .      .     .     .     .     .                    own
inspector  award     own   .      .      .     .     .     .     .                    own
member     open      .     .      .      .     .     .     .     .                    .
member     restricted .    .      .      .     .     .     .     .                    .
member     file      .     .      .      .     .     .     .     .                    .
member     award     .     .      .      .     .     .     .     .                    .
terminal   open      .     .      .      .     .     .     .     .                    .
terminal   restricted .    .      .      .     .     .     .     .                    .
terminal   file      .     .      .      .     .     .     .     .                    .
terminal   award     .     .      .      .     .     .     .     .                    .
"""

# What has no class. accounts: sees accounts and whether they are signed in. give: makes accounts, ends their sign-ins.
# reset: a one-time code for an account that stands lower. peer: the same for a reviewer's account, which stands no
# lower than a reviewer. rules: the county's own rules, whose place is the county.
OFFICE = """
                     people write units accounts give  reset peer  logs  answers  rules
admin      open      own    own   own   own      own   own   own   .     own           own
security   open      own    .     .     own      own   own   own   .     .             own
auditor    open      own    .     .     .        .     .     .     own   .             .
reviewer   open      own    .     .     own      .     own   .     .     .             .
organiser  open      own    .     .     .        .     .     .     .     .             .
secretary  open      own    own   .     .        .     .     .     .     .             .
minutes    open      own    .     .     .        .     .     .     .     .             .
supervisor open      own    .     .     .        .     .     .     .     .             .
inspector  open      own    .     .     .        .     .     .     .     .             .
member     open      .      .     .     .        .     .     .     .     .             .
terminal   open      .      .     .     .        .     .     .     .     .             .
"""

# branch: a branch's plan and counts. file: files its plan, checks its reports. agree: the town's word on its plan.
# members: who came in a year, and its reports. sat: who was due at its meeting, and who came. explain: says in writing
# why something of a recording is missing. stand: the supervisor's word on that.
DUTIES = """
                     branch file  agree members sat  explain stand
admin      open      own    .     .     .       own  .       .
security   open      .      .     .     .       .    .       .
auditor    open      .      .     .     .       .    .       .
reviewer   open      own    .     own   .       .    .       .
organiser  open      own    .     .     .       own  .       .
secretary  open      own    own   .     own     own  own     .
minutes    open      own    .     .     own     own  .       .
supervisor open      .      .     .     .       .    .       own
inspector  open      own    .     .     .       .    .       .
member     open      .      .     .     .       .    .       .
terminal   open      .      .     .     .       .    .       .
"""

ROLES = (
    "admin", "security", "auditor", "reviewer", "organiser", "secretary", "minutes", "supervisor", "inspector",
    "member", "terminal",
)  # fmt: skip
CLASSES = ("open", "restricted", "file", "award")
WHOLE = frozenset({"keep", "write", "units", "rules"})
UNNARROWED = frozenset({"accounts", "give", "reset", "peer"})


def read(*texts: str) -> dict[tuple[str, str], dict[str, str]]:
    """By role and class: cell by column."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for text in texts:
        head, *lines = text.strip().splitlines()
        columns = head.split()
        for line in lines:
            role, access_class, *cells = line.split()
            assert len(cells) == len(columns), line
            row = found.setdefault((role, access_class), {})
            assert not row.keys() & set(columns), line
            row |= dict(zip(columns, cells, strict=True))
    return found


TABLE = read(MEETINGS, RECORDS, OFFICE, DUTIES)
COLUMNS = frozenset(TABLE["admin", "open"])
