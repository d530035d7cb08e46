"""The rows. Dated attributes instead of edits; what proves something is only ever added."""

from storage.tables.accounts import RecoveryCode, SecondFactor, Substitute
from storage.tables.archive import Filler, Gap, Look, Mark, Recording, Segment, Spooled, Stored, Track
from storage.tables.base import Base
from storage.tables.branches import AbsenceReason, BranchMeeting, BranchPlan, BranchReport
from storage.tables.deliveries import Delivery
from storage.tables.desks import AwaitedStep, BrokenRule, DeskChange, OutsideAffair
from storage.tables.explanations import Countersignature, ExplainedGap, Explanation
from storage.tables.keeping import Deletion, Hold, Lock, Proposal, Seclusion, Term
from storage.tables.ledger import (
    Authority,
    Chain,
    Checkpoint,
    Entry,
    Erasure,
    Frontier,
    Payload,
    SigningKey,
    Stamp,
    Succession,
)
from storage.tables.meetings import (
    AgendaItem,
    Break,
    Decision,
    DecisionItem,
    MediaSession,
    Meeting,
    MeetingPart,
    Presence,
    Question,
    Site,
    Vote,
)
from storage.tables.messages import Message
from storage.tables.people import (
    Body,
    Feedback,
    Guess,
    PartyOrganisation,
    PartyOrganisationAttributes,
    Person,
    Post,
    Right,
    SignIn,
    Unit,
    UnitAttributes,
    User,
)
from storage.tables.plans import PlanFile
from storage.tables.publication import NoticeHanging, NoticeTable, Objection, ObjectionCount, PublicNotice
from storage.tables.quality import Measured, QualityMark
from storage.tables.rules import RuleSet
from storage.tables.signed import SignedPaper
from storage.tables.sweep import Sweep

Filing = PlanFile | NoticeTable | SignedPaper  # rows that say where a file lies that somebody handed in
FILINGS: tuple[type[Filing], ...] = (PlanFile, NoticeTable, SignedPaper)

__all__ = [
    "FILINGS", "AbsenceReason", "AgendaItem", "Authority", "AwaitedStep", "Base", "Body", "BranchMeeting", "BranchPlan",
    "BranchReport", "Break", "BrokenRule", "Chain", "Checkpoint", "Countersignature", "Decision", "DecisionItem",
    "Deletion", "Delivery", "DeskChange", "Entry", "Erasure", "ExplainedGap", "Explanation", "Feedback", "Filing",
    "Filler",
    "Frontier", "Gap", "Guess", "Hold", "Lock", "Look", "Mark", "Measured", "MediaSession", "Meeting",
    "MeetingPart", "Message", "NoticeHanging", "NoticeTable", "Objection", "ObjectionCount", "OutsideAffair",
    "PartyOrganisation", "PartyOrganisationAttributes", "Payload", "Person", "PlanFile", "Post", "Presence", "Proposal",
    "PublicNotice",
    "QualityMark", "Question", "Recording", "RecoveryCode", "Right", "RuleSet", "Seclusion", "SecondFactor",
    "Segment", "SignIn", "SignedPaper", "SigningKey", "Site", "Spooled", "Stamp", "Stored", "Substitute",
    "Succession", "Sweep", "Term", "Track", "Unit", "UnitAttributes", "User", "Vote",
]  # fmt: skip
